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
    var audit = folder.resolve("audit.jsonl");
    var config =
        Files.writeString(
            folder.resolve("gateway.yaml"),
            Files.readString(TestTools.TEMPLATES.resolve("ash/gateway.yaml"))
                    .replace("https://api.anthropic.com", model)
                    .replace("0".repeat(64), hash(token))
                    .replace(
                        "requestsPerMinute: 100\n",
                        "requestsPerMinute: " + requestsPerMinute + "\n")
                + "audit: {file: "
                + audit
                + "}\n");
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
    return new OwnGateway(process, "http://127.0.0.1:" + port, audit);
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
