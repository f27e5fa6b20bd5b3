package dev.ash.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.protocol.json.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kubernetes' own schemas and those of the operators on everything that we hand to a cluster. */
@Tag("soak")
@Timeout(120)
final class SchemasTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void everyObjectOfTheChartIsOneOfKubernetes() throws Exception {
    var helm = new Helm(folder);
    var objects = new ArrayList<JsonNode>();
    for (var values : ValueSets.all().values()) {
      objects.addAll(helm.template(values).objects());
    }
    assertThat(objects).hasSizeGreaterThan(40);

    assertThat(judged(objects)).hasSameSizeAs(objects).allMatch(line -> line.endsWith(": valid"));
  }

  @Test
  void theManifestsAreWhatTheirOperatorsTake() throws Exception {
    var objects = new ArrayList<JsonNode>();
    for (var file : List.of("external-secret", "external-secret-v1", "network-policy-specified")) {
      objects.addAll(Repository.documents(Repository.text("deploy/kubernetes/" + file + ".yaml")));
    }

    assertThat(judged(objects))
        .containsExactly(
            "ExternalSecret ash-secrets: valid",
            "ExternalSecret ash-secrets: valid",
            "NetworkPolicy ash-coordinator: valid");
    assertThat(objects.stream().map(o -> o.path("apiVersion").asText()))
        .startsWith("external-secrets.io/v1beta1", "external-secrets.io/v1");
  }

  @Test
  void whatIsWrongIsFound() throws Exception {
    var wrong =
        (ObjectNode)
            Repository.documents(Repository.text("deploy/kubernetes/external-secret.yaml"))
                .getFirst();
    ((ObjectNode) wrong.at("/spec/target")).put("name", 5);
    var misspelt = (ObjectNode) new Helm(folder).template(Map.of()).one("StatefulSet", "ash");
    var pod = (ObjectNode) misspelt.at("/spec/template/spec");
    ((ObjectNode) pod.at("/containers/0")).putObject("readynessProbe");
    pod.put("hostUser", false);
    ((ObjectNode) misspelt.at("/spec/template/metadata/labels")).put("any", "name is a label");

    assertThat(judged(List.of(wrong, misspelt)))
        .containsExactly(
            "ExternalSecret ash-secrets: data/spec/target/name must be string",
            "StatefulSet ash: data/spec/template/spec/hostUser is unknown,"
                + " data/spec/template/spec/containers/0/readynessProbe is unknown");
  }

  private List<String> judged(List<JsonNode> objects) throws Exception {
    var models = Repository.tool("kubernetes-models-5.1.0");
    var input = Files.writeString(folder.resolve("objects.json"), Json.write(objects));
    var out = folder.resolve("verdicts");
    var process =
        new ProcessBuilder(
                "node",
                Repository.ROOT.resolve("deploy/src/test/resources/validate.mjs").toString(),
                models.toString())
            .redirectInput(input.toFile())
            .redirectOutput(out.toFile())
            .redirectError(folder.resolve("errors").toFile())
            .start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).as(Files.readString(folder.resolve("errors"))).isZero();
    return Files.readAllLines(out);
  }
}
