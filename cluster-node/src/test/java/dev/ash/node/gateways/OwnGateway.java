package dev.ash.node.gateways;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** {@code ./ash gateway serve} with the file of deploy/gateways/ash, as a process of the test's. */
final class OwnGateway implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(90);

  private final OwnedProcess process;
  private final String url;
  private final Path audit;

  private OwnGateway(OwnedProcess process, String url, Path audit) {
    this.process = process;
    this.url = url;
    this.audit = audit;
  }

  /**
   * Returns when it listens.
   *
   * @param token the only one it takes
   */
  static OwnGateway start(
      Path folder, String model, String providerKey, String token, int requestsPerMinute)
      throws IOException, InterruptedException {
    return start(
        folder,
        providerKey,
        "http",
        template(model, token)
            .replace("requestsPerMinute: 100\n", "requestsPerMinute: " + requestsPerMinute + "\n"));
  }

  /** One that asks its clients for certificates of an authority, and whose own is of it, too. */
  static OwnGateway withCertificates(
      Path folder, String model, String providerKey, String token, OwnAuthority authority)
      throws IOException, InterruptedException {
    var server = authority.issued("server", "IP:127.0.0.1");
    return start(
        folder,
        providerKey,
        "https",
        template(model, token)
            .replace(
                "listen:\n",
                """
                listen:
                  tls:
                    certificate: '%s'
                    key: '%s'
                    clientAuthorities: '%s'
                    revocations: ['%s']
                """
                    .formatted(
                        server.certificate(),
                        server.key(),
                        authority.certificate(),
                        authority.list())));
  }

  private static String template(String model, String token)
      throws IOException, InterruptedException {
    return Files.readString(TestTools.TEMPLATES.resolve("ash/gateway.yaml"))
        .replace("https://api.anthropic.com", model)
        .replace("0".repeat(64), hash(token));
  }

  private static OwnGateway start(Path folder, String providerKey, String scheme, String yaml)
      throws IOException {
    var audit = folder.resolve("audit.jsonl");
    var config =
        Files.writeString(folder.resolve("gateway.yaml"), yaml + "audit: {file: " + audit + "}\n");
    var port = OwnedProcess.freePort();
    var process =
        OwnedProcess.start(
            folder,
            "gateway",
            TestTools.gateway(
                "serve", "--config", config.toString(), "--port", Integer.toString(port)),
            Map.of("ANTHROPIC_API_KEY", providerKey),
            port,
            START);
    return new OwnGateway(process, scheme + "://127.0.0.1:" + port, audit);
  }

  String url() {
    return url;
  }

  /** What it wrote down so far, a line a call. */
  List<String> audit() throws IOException {
    return Files.readAllLines(audit);
  }

  private static String hash(String token) throws IOException, InterruptedException {
    return TestTools.run(TestTools.gateway("key", "--of", token))
        .out()
        .lines()
        .filter(line -> line.startsWith("hash: "))
        .map(line -> line.substring("hash: ".length()).strip())
        .findFirst()
        .orElseThrow();
  }

  @Override
  public void close() {
    process.close();
  }
}
