package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.gateway.config.ConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Headers that the connection to an upstream says itself. */
final class SettableHeadersTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {"connection", "Content-Length", "expect", "Host", "transfer-encoding", "upgrade"})
  void areRefusedWhereverOneCouldBeSet(String name) {
    for (var part : new String[] {"set", "default", "copy"}) {
      refuses(
          Rig.yaml("http://127.0.0.1:9", "") + "headers: {%s: {%s: x}}\n".formatted(part, name),
          "headers.%s.%s: %s".formatted(part, name, name));
    }
    refuses(
        Rig.yaml("http://127.0.0.1:9", "").replace("header: x-api-key", "header: " + name),
        "upstreams[0].credential.header: " + name);
    refuses(
        Rig.yaml("http://127.0.0.1:9", "")
            .replace("    credential:", "    headers: {%s: x}\n    credential:".formatted(name)),
        "upstreams[0].headers.%s: %s".formatted(name, name));
  }

  @Test
  void ofAnotherProductsFileTheyAreLeftOutAndTold() throws Exception {
    var file =
        Files.writeString(
            folder.resolve("kong.yaml"),
            """
            services: [{name: a, url: 'http://127.0.0.1:9'}]
            consumers: [{username: a, keyauth_credentials: [{key: k}]}]
            plugins:
              - name: key-auth
              - name: request-transformer
                config: {add: {headers: ['Host:llm.example', 'x-team:a']}}
            """);
    var ran = Rig.run("gateway", "explain", "--dialect", "kong", "--config", file.toString());

    assertThat(ran.code()).as(ran.out() + ran.err()).isZero();
    assertThat(ran.out() + ran.err())
        .contains("Host: the connection to the upstream says it itself here");
  }

  private static void refuses(String yaml, String what) {
    assertThatThrownBy(() -> Rig.config(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            what
                + " (expected: another header: the connection to the upstream says this one"
                + " itself)");
  }
}
