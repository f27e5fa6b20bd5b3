package dev.ash.gateway.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.ash.protocol.json.Json;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Reads YAML 1.2 (and so JSON) into one kind of tree. */
public final class Trees {
  private Trees() {}

  public static JsonNode yaml(String where, String text) throws ConfigException {
    var settings =
        LoadSettings.builder()
            .setAllowDuplicateKeys(false)
            .setAllowRecursiveKeys(false)
            .setMaxAliasesForCollections(20)
            .setCodePointLimit(4 << 20)
            .build();
    try {
      var value = new Load(settings).loadFromString(text);
      return value == null
          ? JsonNodeFactory.instance.objectNode()
          : Json.mapper().valueToTree(value);
    } catch (YamlEngineException | IllegalArgumentException e) {
      throw new ConfigException(
          where, String.valueOf(e.getMessage()).strip().replace('\n', ' '), "YAML or JSON");
    }
  }
}
