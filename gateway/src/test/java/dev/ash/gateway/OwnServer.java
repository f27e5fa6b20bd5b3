package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A monitoring program as a process of the test's, which says at {@code /-/ready} that it is. */
final class OwnServer implements AutoCloseable {
  private static final Duration ANSWER = Duration.ofSeconds(10);

  private final HttpClient http = HttpClient.newHttpClient();
  private final Process process;
  private final int port;

  private OwnServer(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * Starts it, and returns when it is ready.
   *
   * @param port where the command makes it listen
   * @param log takes what it prints
   */
  static OwnServer start(List<String> command, int port, Path log) throws IOException {
    var process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    var started = new OwnServer(process, port);
    try {
      Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> !process.isAlive() || started.isReady());
      assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
      return started;
    } catch (RuntimeException | Error e) {
      started.close();
      throw e;
    }
  }

  String address() {
    return "127.0.0.1:" + port;
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(URI.create("http://" + address() + path)).timeout(ANSWER);
    return http.send(request.build(), BodyHandlers.ofString());
  }

  private boolean isReady() throws InterruptedException {
    try {
      return get("/-/ready").statusCode() == 200;
    } catch (IOException _) {
      return false;
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
      }
    } catch (InterruptedException _) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
