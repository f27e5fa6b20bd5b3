package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;

/** The real nginx or HAProxy with our template; nothing of it outlives {@link #close}. */
final class RealProxy implements AutoCloseable {
  private final Process process;
  private final String url;
  private final Optional<Path> authority;

  private RealProxy(Process process, String url, Optional<Path> authority) {
    this.process = process;
    this.url = url;
    this.authority = authority;
  }

  /**
   * With TLS before it, as the template has it.
   *
   * @param upstream an address such as {@code https://localhost:1}
   * @param trusted whose certificates the upstream may have
   */
  static RealProxy nginx(Path folder, String upstream, Path trusted, UnaryOperator<String> changed)
      throws Exception {
    assumeTrue(
        installed("nginx", "-v"), "nginx is not installed (Debian: apt-get install nginx-light)");
    var own = Certificates.authority(folder, "own");
    var server = own.server("server", "IP:127.0.0.1");
    var port = ValidateTest.freePort();
    var folders =
        "http { client_body_temp_path %1$s/b; proxy_temp_path %1$s/p; fastcgi_temp_path %1$s/f; uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;"
            .formatted(folder);
    var file =
        Files.writeString(
            folder.resolve("nginx.conf"),
            // Its workers would not get into this test's folder as another user.
            (System.getProperty("user.name").equals("root") ? "user root; " : "")
                + "daemon off; error_log stderr; pid "
                + folder.resolve("pid")
                + ";\n"
                + changed
                    .apply(template("nginx/gateway.conf.template"))
                    .replace("http {", folders)
                    .replace("listen 8443", "listen 127.0.0.1:" + port)
                    .replace("server.pem", server.certificate().toString())
                    .replace("server.key", server.key().toString())
                    .replace("${ANTHROPIC_API_KEY}", Rig.PROVIDER_KEY)
                    .replace("${GATEWAY_KEY}", Rig.TOKEN)
                    .replace("${ANTHROPIC_UPSTREAM}", upstream)
                    .replace("${ANTHROPIC_CA_FILE}", trusted.toString()));
    return new RealProxy(
        started(
            folder,
            List.of("nginx", "-p", folder.toString(), "-c", file.toString()),
            Map.of(),
            port),
        "https://127.0.0.1:" + port,
        Optional.of(own.authority()));
  }

  /** The upstream's way in is in the environment: {@code UPSTREAM_HOST} and the like. */
  static RealProxy haproxy(
      Path folder, Map<String, String> environment, UnaryOperator<String> changed)
      throws Exception {
    assumeTrue(
        installed("haproxy", "-v"), "haproxy is not installed (Debian: apt-get install haproxy)");
    var port = ValidateTest.freePort();
    var all = new HashMap<>(environment);
    all.put("ANTHROPIC_API_KEY", Rig.PROVIDER_KEY);
    all.put("GATEWAY_KEY", Rig.TOKEN);
    all.put("GATEWAY_PORT", Integer.toString(port));
    var file =
        Files.writeString(
            folder.resolve("haproxy.cfg"), changed.apply(template("haproxy/haproxy.cfg")));
    return new RealProxy(
        started(folder, List.of("haproxy", "-f", file.toString()), all, port),
        "http://127.0.0.1:" + port,
        Optional.empty());
  }

  /** HAProxy in front of an upstream of this machine without TLS. */
  static RealProxy haproxy(Path folder, String upstream, UnaryOperator<String> changed)
      throws Exception {
    var address = URI.create(upstream);
    return haproxy(
        folder,
        Map.of(
            "UPSTREAM_TLS",
            "off",
            "UPSTREAM_HOST",
            address.getHost(),
            "UPSTREAM_PORT",
            Integer.toString(address.getPort())),
        changed);
  }

  String url() {
    return url;
  }

  /** Who vouches for the gateway itself, where it speaks TLS. */
  Optional<Path> authority() {
    return authority;
  }

  /** The options that every command has for this gateway. */
  List<String> options() {
    var options = new java.util.ArrayList<>(List.of("--url", url, "--token", Rig.TOKEN));
    authority.ifPresent(file -> options.addAll(List.of("--ca", file.toString())));
    return options;
  }

  private static String template(String name) throws IOException {
    return Files.readString(DialectTest.TEMPLATES.resolve(name));
  }

  private static Process started(
      Path folder, List<String> command, Map<String, String> environment, int port)
      throws IOException {
    var log = folder.resolve("log");
    var builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().putAll(environment);
    var process = builder.start();
    Awaitility.await().until(() -> !process.isAlive() || listens(port));
    assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
    return process;
  }

  private static boolean listens(int port) {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException _) {
      return false;
    }
  }

  static boolean installed(String... command) throws InterruptedException {
    try {
      return run(command) == 0;
    } catch (IOException _) {
      return false;
    }
  }

  static int run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  @Override
  public void close() {
    OwnProcess.end(process);
  }
}
