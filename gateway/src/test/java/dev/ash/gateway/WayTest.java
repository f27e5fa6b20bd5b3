package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.gateway.server.GatewayServer;
import dev.ash.scriptedmodel.ScriptedModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What lies between a tool and its gateway: a proxy, and certificates. */
@Timeout(60)
final class WayTest {
  /** user:pass:word, as a proxy is told it. */
  private static final String BASIC = "Basic dXNlcjpwYXNzOndvcmQ=";

  @TempDir Path folder;
  private ScriptedModel model;

  @BeforeEach
  void startModel() throws Exception {
    model = Rig.model();
  }

  @AfterEach
  void stopModel() {
    model.close();
  }

  @Test
  void goesThroughATunnelThatSeesNoToken() throws Exception {
    var certificate = SelfSigned.in(folder, "dns:gateway.test");
    try (var gateway = secure(certificate);
        var proxy = new SmallProxy("")) {
      var ran =
          run(
              Map.of("HTTPS_PROXY", "http://127.0.0.1:" + proxy.port()),
              "validate",
              behind(gateway),
              "--ca",
              certificate.certificate().toString());

      assertThat(ran.code()).as(ran.out()).isZero();
      assertThat(ran.out()).contains("Gateway is COMPATIBLE", "Passed: 6");
      assertThat(proxy.heads())
          .isNotEmpty()
          .allMatch(h -> h.startsWith("CONNECT gateway.test:"))
          .noneMatch(h -> h.contains(Rig.TOKEN));
    }
  }

  @Test
  void asksAProxyForPlainAddressesToo() throws Exception {
    try (var gateway = Rig.start(Rig.config(model.url(), ""));
        var proxy = new SmallProxy(BASIC)) {
      var ran =
          run(
              Map.of("http_proxy", "user:pass%3Aword@127.0.0.1:" + proxy.port()),
              "debug-auth",
              behind(gateway));

      assertThat(ran.code()).as(ran.out()).isZero();
      assertThat(ran.out())
          .contains("[INFO] Proxy: HTTP_PROXY says 127.0.0.1:" + proxy.port())
          .contains("[✓] Authentication is working correctly")
          .doesNotContain("pass");
      assertThat(proxy.heads()).anyMatch(h -> h.startsWith("POST " + behind(gateway)));
    }
  }

  @ParameterizedTest
  @CsvSource({"http", "https"})
  void saysThatAProxyWantsAPassword(String scheme) throws Exception {
    try (var proxy = new SmallProxy(BASIC)) {
      var address = "127.0.0.1:" + proxy.port();
      var environment = Map.of("HTTP_PROXY", address, "HTTPS_PROXY", address);
      var ran = run(environment, "debug-auth", scheme + "://gateway.invalid");

      assertThat(ran.code()).isEqualTo(1);
      assertThat(ran.out())
          .contains("[✗] Proxy: wants a password")
          .doesNotContain("3. Testing Authentication");
    }
  }

  /** Only a new program can be told to send passwords to tunnels, so this runs one. */
  @Test
  void sendsItsPasswordToATunnel() throws Exception {
    var certificate = SelfSigned.in(folder, "dns:gateway.test");
    try (var gateway = secure(certificate);
        var proxy = new SmallProxy(BASIC)) {
      var builder =
          new ProcessBuilder(
              System.getProperty("java.home") + "/bin/java",
              "-XX:TieredStopAtLevel=1",
              "-cp",
              System.getProperty("java.class.path"),
              "dev.ash.gateway.Main",
              "gateway",
              "debug-auth",
              "--url",
              behind(gateway),
              "--ca",
              certificate.certificate().toString());
      builder.environment().put("ANTHROPIC_AUTH_TOKEN", Rig.TOKEN);
      builder.environment().put("https_proxy", "http://user:pass:word@127.0.0.1:" + proxy.port());
      builder.environment().put("no_proxy", "");
      builder.environment().put("NO_PROXY", "");
      var output = folder.resolve("output");
      var process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();

      assertThat(process.waitFor(50, TimeUnit.SECONDS)).isTrue();
      assertThat(Files.readString(output, UTF_8))
          .contains("[✓] Authentication is working correctly");
      assertThat(process.exitValue()).isZero();
      assertThat(proxy.heads()).isNotEmpty().allMatch(h -> h.startsWith("CONNECT "));
    }
  }

  @Test
  void reachesItsOwnMachineWithoutTheProxy() throws Exception {
    try (var gateway = Rig.start(Rig.config(model.url(), ""))) {
      var environment = Map.of("HTTP_PROXY", "127.0.0.1:" + ValidateTest.freePort());

      assertThat(run(environment, "debug-auth", gateway.url()).code()).isZero();
    }
  }

  @Test
  void saysWhatAProxyVariableIsWithoutShowingItsPassword() {
    for (var bad : List.of("socks5://u:canary@h:1", "https://u:canary@h", "http://u:canary@ h")) {
      var ran = run(Map.of("HTTPS_PROXY", bad), "validate", "https://gateway.invalid");

      assertThat(ran.code()).isEqualTo(2);
      assertThat(ran.err())
          .contains("Error: HTTPS_PROXY: *** (expected: http://HOST:PORT")
          .doesNotContain("canary");
    }
  }

  @Test
  void believesAnyCertificateOnlyWhenToldAndSaysSo() throws Exception {
    var certificate = SelfSigned.in(folder, "dns:another.example");
    try (var gateway = secure(certificate)) {
      var ran = run(Map.of(), "validate", gateway.url(), "--insecure");

      assertThat(ran.code()).as(ran.out()).isZero();
      assertThat(ran.err()).contains("WARNING: --insecure: certificates are NOT checked");
      assertThat(run(Map.of(), "validate", gateway.url()).out())
          .contains("✗ FAIL - Endpoint Support: Cannot connect to gateway");
      var right = certificate.certificate().toString();
      assertThat(run(Map.of(), "validate", gateway.url(), "--ca", right).out())
          .as("the name is another")
          .contains("✗ FAIL - Endpoint Support: Cannot connect to gateway");
      assertThat(run(Map.of(), "validate", gateway.url(), "--ca", right, "--insecure").err())
          .contains("Error: --ca and --insecure (expected: one of them)");
    }
  }

  /** Its address by a name that only the proxy knows. */
  private static String behind(GatewayServer gateway) {
    return gateway.url().replace("127.0.0.1", "gateway.test");
  }

  private GatewayServer secure(SelfSigned certificate) throws Exception {
    return Rig.start(Rig.config(certificate.listen() + Rig.yaml(model.url(), "")));
  }

  private static Rig.Ran run(
      Map<String, String> environment, String tool, String url, String... more) {
    var args = new ArrayList<>(List.of("gateway", tool, "--url", url, "--token", Rig.TOKEN));
    args.addAll(List.of(more));
    return Rig.run(environment, InstantSource.system(), _ -> {}, args.toArray(String[]::new));
  }
}
