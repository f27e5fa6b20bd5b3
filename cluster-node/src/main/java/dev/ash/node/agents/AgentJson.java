package dev.ash.node.agents;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.protocol.id.Digest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** An agent's environment and config as the JSON in which they are stored. */
final class AgentJson {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TypeReference<LinkedHashMap<String, String>> ENVIRONMENT =
      new TypeReference<>() {};

  private AgentJson() {}

  static String text(Map<String, String> env) {
    try {
      return JSON.writeValueAsString(env);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("an environment cannot be written as JSON", e);
    }
  }

  static Map<String, String> environment(String json) {
    try {
      return JSON.readValue(json, ENVIRONMENT);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("the stored environment of an agent is not JSON", e);
    }
  }

  /**
   * What a deployment asks for, by which another one with the same key is recognised. The key is in
   * it, so that nobody finds out environment values by trying.
   */
  static String request(Agents.Deployment deployment, String key) throws IOException {
    var fields =
        JSON.createArrayNode()
            .add(key)
            .add(deployment.name().value())
            .add(deployment.path().orElse(null))
            .add(deployment.systemPrompt().orElse(null))
            .add(deployment.env().map(env -> text(new TreeMap<>(env))).orElse(null));
    for (var file : deployment.files()) {
      try (var content = file.content().open()) {
        fields.add(file.path()).add(Digest.of(content).hex());
      }
    }
    return Digest.of(fields.toString().getBytes(StandardCharsets.UTF_8)).hex();
  }

  static ObjectNode object(String json) throws RefusedException {
    try {
      if (JSON.readTree(json) instanceof ObjectNode object) {
        return object;
      }
    } catch (JsonProcessingException _) {
      // Refused below, like any other JSON that is no object.
    }
    throw RefusedException.invalid("body/config must be object");
  }

  static String merged(String old, ObjectNode change) {
    try {
      if (JSON.readTree(old) instanceof ObjectNode object) {
        return object.setAll(change).toString();
      }
      return change.toString();
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("the stored config of an agent is not JSON", e);
    }
  }
}
