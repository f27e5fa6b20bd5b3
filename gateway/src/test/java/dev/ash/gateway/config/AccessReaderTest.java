package dev.ash.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.gateway.config.GatewayConfig.Access;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AccessReaderTest {
  private static final String ONE = "a".repeat(64);
  private static final String OTHER = "b".repeat(64);

  @Test
  void aConsumersKeyIsNoAdministratorsToo() throws Exception {
    assertThat(access(ONE, OTHER).keyStore().orElseThrow().administrators()).hasSize(1);
    assertThatThrownBy(() -> access(ONE, ONE))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "keyStore.administrators: ops with a consumer's hash (expected: a key of its own; see:"
                + " ash gateway key)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"(others)", "'-'", "'null'", "administrator ops"})
  void noConsumerHasANameThatMeansSomethingElse(String name) {
    assertThatThrownBy(
            () -> read("consumers: [{name: %s, keys: [{hash: %s}]}]".formatted(name, ONE)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(
            "name: '%s' (expected: a name that no administrator has"
                .formatted(name.replace("'", "")));
  }

  private static Access access(String consumer, String administrator) throws ConfigException {
    var yaml =
        """
        consumers: [{name: team-a, keys: [{hash: %s}]}]
        keyStore: {file: keys.json, administrators: [{name: ops, hash: %s}]}
        """
            .formatted(consumer, administrator);
    return read(yaml);
  }

  private static Access read(String yaml) throws ConfigException {
    return new ConfigFile(new Expansion(Map.<String, String>of()::get), Path.of("/nonexistent"))
        .access(Fields.of(Trees.yaml("test", yaml), ""));
  }
}
