package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ash.scriptedmodel.ScriptedModel;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The templates for nginx (with TLS) and HAProxy in the real programs. */
@Tag("soak")
@Timeout(120)
final class RealProxyIT {
  @TempDir Path folder;

  @Test
  void nginxWithTlsIsCompatible() throws Exception {
    assumeTrue(has("nginx", "-v"), "nginx is not installed (Debian: apt-get install nginx-light)");
    assumeTrue(has("openssl", "version"), "openssl is not installed");
    var certificate = folder.resolve("server.pem");
    var key = folder.resolve("server.key");
    assertThat(
            run(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=IP:127.0.0.1",
                "-keyout",
                key.toString(),
                "-out",
                certificate.toString()))
        .isZero();
    var port = ValidateTest.freePort();
    try (var model =
        ScriptedModel.start(ScriptedModel.Options.onPort(0).requiringKey("canary-provider-key"))) {
      var temp =
          "http { client_body_temp_path %1$s/b; proxy_temp_path %1$s/p; fastcgi_temp_path %1$s/f; uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;"
              .formatted(folder);
      var file =
          Files.writeString(
              folder.resolve("nginx.conf"),
              "daemon off; error_log stderr; pid "
                  + folder.resolve("pid")
                  + ";\n"
                  + Files.readString(DialectTest.TEMPLATES.resolve("nginx/gateway.conf.template"))
                      .replace("http {", temp)
                      .replace("listen 8443", "listen 127.0.0.1:" + port)
                      .replace("server.pem", certificate.toString())
                      .replace("server.key", key.toString())
                      .replace("${ANTHROPIC_API_KEY}", "canary-provider-key")
                      .replace("${GATEWAY_KEY}", Rig.TOKEN)
                      .replace("${ANTHROPIC_UPSTREAM}", model.url()));
      validated(
          List.of("nginx", "-p", folder.toString(), "-c", file.toString()),
          Map.of(),
          port,
          "https://127.0.0.1:" + port,
          "--ca",
          certificate.toString());
    }
  }

  @Test
  void haproxyIsCompatible() throws Exception {
    assumeTrue(has("haproxy", "-v"), "haproxy is not installed (Debian: apt-get install haproxy)");
    var port = ValidateTest.freePort();
    try (var model =
        ScriptedModel.start(ScriptedModel.Options.onPort(0).requiringKey("canary-provider-key"))) {
      validated(
          List.of("haproxy", "-f", DialectTest.TEMPLATES.resolve("haproxy/haproxy.cfg").toString()),
          Map.of(
              "ANTHROPIC_API_KEY",
              "canary-provider-key",
              "GATEWAY_KEY",
              Rig.TOKEN,
              "GATEWAY_PORT",
              Integer.toString(port),
              "UPSTREAM_HOST",
              "127.0.0.1",
              "UPSTREAM_PORT",
              Integer.toString(model.port())),
          port,
          "http://127.0.0.1:" + port);
    }
  }

  private void validated(
      List<String> command, Map<String, String> environment, int port, String url, String... more)
      throws Exception {
    var log = folder.resolve("log");
    var builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().putAll(environment);
    var process = builder.start();
    try {
      Awaitility.await().until(() -> !process.isAlive() || listens(port));
      assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
      var args =
          new java.util.ArrayList<>(
              List.of(
                  "gateway",
                  "validate",
                  "--url",
                  url,
                  "--token",
                  Rig.TOKEN,
                  "--verbose",
                  "--stream-prompt",
                  "SCN:[{\"text\":\"one two three four five six\",\"chunk\":4,\"chunkMs\":100}]"));
      args.addAll(List.of(more));
      var ran = Rig.run(args.toArray(String[]::new));

      assertThat(ran.out())
          .as(Files.readString(log))
          .contains("Gateway is COMPATIBLE", "Passed: 6");
    } finally {
      process.destroy();
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    }
  }

  private static boolean listens(int port) {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (java.io.IOException _) {
      return false;
    }
  }

  private static boolean has(String... command) throws InterruptedException {
    try {
      return run(command) == 0;
    } catch (java.io.IOException _) {
      return false;
    }
  }

  private static int run(String... command) throws java.io.IOException, InterruptedException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }
}
