package dev.ash.gateway;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A monitoring program as a process of the test's, which says at {@code /-/ready} that it is. */
final class OwnServer implements AutoCloseable {
  private static final Duration ANSWER = Duration.ofSeconds(10);

  private final HttpClient http;
  private final Process process;
  private final int port;

  private OwnServer(HttpClient http, Process process, int port) {
    this.http = http;
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
    var http = HttpClient.newHttpClient();
    try {
      var process =
          OwnProcess.start(command, log, Duration.ofMinutes(1), () -> isReady(http, port));
      return new OwnServer(http, process, port);
    } catch (IOException | RuntimeException | Error e) {
      http.shutdownNow();
      throw e;
    }
  }

  String address() {
    return "127.0.0.1:" + port;
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return get(http, port, path);
  }

  private static HttpResponse<String> get(HttpClient http, int port, String path)
      throws IOException, InterruptedException {
    var url = URI.create("http://127.0.0.1:" + port + path);
    return http.send(HttpRequest.newBuilder(url).timeout(ANSWER).build(), BodyHandlers.ofString());
  }

  private static boolean isReady(HttpClient http, int port) throws InterruptedException {
    try {
      return get(http, port, "/-/ready").statusCode() == 200;
    } catch (IOException _) {
      return false;
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
    OwnProcess.end(process);
  }
}
