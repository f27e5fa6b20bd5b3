package dev.ash.node.credentials;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.config.Secret;
import dev.ash.protocol.json.Json;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a credential puts into the environment of its session's agent (contract 5.4). */
public sealed interface CredentialVariables {

  record Variables(Map<String, String> values) implements CredentialVariables {
    public Variables {
      values = Map.copyOf(values);
    }
  }

  /** The secret is not what its type says. */
  record Malformed(String why) implements CredentialVariables {}

  /**
   * An Anthropic key puts in nothing: the model proxy adds it outside the sandbox. The others are
   * for programs that the agent runs, and nobody else could hand them over.
   */
  static CredentialVariables of(Credentials.Type type, Secret key) {
    return switch (type) {
      case ANTHROPIC -> new Variables(Map.of());
      case OPENAI -> new Variables(Map.of("OPENAI_API_KEY", key.reveal()));
      case CUSTOM -> new Variables(Map.of("ASH_CUSTOM_API_KEY", key.reveal()));
      case BEDROCK -> bedrock(key);
    };
  }

  private static CredentialVariables bedrock(Secret key) {
    var parsed = Json.parse(key.reveal()).filter(ObjectNode.class::isInstance);
    if (parsed.isEmpty()) {
      return new Malformed(
          "Bedrock credential must be a JSON object with accessKeyId, secretAccessKey, and region");
    }
    var json = parsed.get();
    if (!has(json, "accessKeyId") || !has(json, "secretAccessKey") || !has(json, "region")) {
      return new Malformed("Bedrock credential requires accessKeyId, secretAccessKey, and region");
    }
    var values = new LinkedHashMap<String, String>();
    values.put("CLAUDE_CODE_USE_BEDROCK", "1");
    values.put("AWS_ACCESS_KEY_ID", json.path("accessKeyId").asText());
    values.put("AWS_SECRET_ACCESS_KEY", json.path("secretAccessKey").asText());
    values.put("AWS_REGION", json.path("region").asText());
    if (has(json, "sessionToken")) {
      values.put("AWS_SESSION_TOKEN", json.path("sessionToken").asText());
    }
    return new Variables(values);
  }

  private static boolean has(JsonNode json, String name) {
    return json.path(name).isTextual() && !json.path(name).asText().isEmpty();
  }
}
