package dev.ash.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;

/** The real helm on our chart, as release {@code ash} in the namespace {@code agents}. */
final class Helm {
  static final String FOLDER = "helm-4.1.4";
  private final Path work;

  /** Skips the test where helm is not there. */
  Helm(Path work) {
    this.work = work;
    Repository.tool(FOLDER);
  }

  /** What it said. */
  record Outcome(int code, String out, String err) {}

  /** What was rendered, in its order. */
  record Rendered(String yaml, List<JsonNode> objects) {
    Rendered {
      objects = List.copyOf(objects);
    }

    List<JsonNode> all(String kind) {
      return objects.stream().filter(o -> o.path("kind").asText().equals(kind)).toList();
    }

    JsonNode one(String kind, String name) {
      var found =
          all(kind).stream().filter(o -> o.at("/metadata/name").asText().equals(name)).toList();
      assertThat(found).as(kind + " " + name).hasSize(1);
      return found.getFirst();
    }

    JsonNode pod() {
      return one("StatefulSet", "ash").at("/spec/template/spec");
    }

    JsonNode node() {
      return pod().at("/containers/0");
    }

    List<JsonNode> environment() {
      return StreamSupport.stream(node().path("env").spliterator(), false).toList();
    }

    JsonNode variable(String name) {
      return environment().stream()
          .filter(e -> e.path("name").asText().equals(name))
          .findFirst()
          .orElseGet(Json::object);
    }
  }

  Rendered template(Map<String, ?> values) throws Exception {
    var outcome = run("template", values);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    return new Rendered(outcome.out(), Repository.documents(outcome.out()));
  }

  /** Why it does not render. */
  String refusal(Map<String, ?> values) throws Exception {
    var outcome = run("template", values);
    assertThat(outcome.code()).as(outcome.out()).isNotZero();
    return outcome.err();
  }

  Outcome run(String command, Map<String, ?> values, String... more)
      throws IOException, InterruptedException {
    // JSON is YAML.
    var file = Files.writeString(work.resolve("values.yaml"), Json.write(values));
    var line = new ArrayList<String>();
    line.add(Repository.tool(FOLDER).resolve("helm").toString());
    line.add(command);
    if (command.equals("template")) {
      line.add("ash");
    }
    line.add(Repository.ROOT.resolve("deploy/helm/ash").toString());
    line.addAll(List.of("--namespace", "agents", "--values", file.toString()));
    line.addAll(List.of(more));
    return run(work, line);
  }

  /** Runs a program to its end. */
  static Outcome run(Path work, List<String> line) throws IOException, InterruptedException {
    var out = work.resolve("out");
    var err = work.resolve("err");
    var builder =
        new ProcessBuilder(line)
            .directory(work.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().put("HELM_CACHE_HOME", work.resolve("cache").toString());
    builder.environment().put("HELM_CONFIG_HOME", work.resolve("config").toString());
    builder.environment().put("HELM_DATA_HOME", work.resolve("data").toString());
    var process = builder.start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(line + " ends").isTrue();
    } finally {
      process.destroyForcibly();
    }
    return new Outcome(
        process.exitValue(),
        Files.readString(out, StandardCharsets.UTF_8),
        Files.readString(err, StandardCharsets.UTF_8));
  }
}
