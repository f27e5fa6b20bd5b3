package dev.ash.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Runs the usual commands against a server of its own, so that the JVM can record what a start
 * needs. Writes nothing and speaks to nobody else.
 */
final class Training {
  private static final String SESSION =
      """
      {"session":{"id":"0","agentName":"a","status":"active"},"sessions":[],"agents":[],\
      "files":[],"events":[],"status":"ok","pool":{}}
      """;
  private static final String STREAM =
      """
      id: 1.1
      event: session_start
      data: {"sessionId":"0"}

      id: 1.2
      event: text_delta
      data: {"delta":"hello"}

      id: 2.1
      event: tool_use
      data: {"id":"1","name":"Write","input":{"file_path":"hello.txt"}}

      id: 2.2
      event: message
      data: {"type":"assistant","message":{"content":[{"type":"text","text":"hello"}]}}

      id: 3.1
      event: done
      data: {"sessionId":"0"}

      """;

  private Training() {}

  static int run(Context real) {
    try {
      var stub = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      stub.createContext("/", Training::answer);
      stub.start();
      try {
        var context = silent(real, "http://127.0.0.1:" + stub.getAddress().getPort());
        var codes =
            Ash.run(context, "--help")
                + Ash.run(context, "health")
                + Ash.run(context, "agent", "list")
                + Ash.run(context, "session", "list")
                + Ash.run(context, "session", "create", "a")
                + Ash.run(context, "session", "files", "0")
                + Ash.run(context, "chat", "a", "hi", "--end");
        return codes == 0 ? 0 : 1;
      } finally {
        stub.stop(0);
      }
    } catch (IOException e) {
      real.terminal().note("Failed: " + e.getMessage());
      return 1;
    }
  }

  private static Context silent(Context real, String url) {
    var settings =
        new Settings(
            Optional.of(url),
            () -> Optional.of("key"),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Path.of("/nonexistent"),
            Path.of("/"),
            false,
            false,
            false);
    var nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    return new Context(
        settings,
        new ConfigFile(settings.home()),
        new Terminal(nowhere, nowhere, settings),
        real.secrets(),
        real.pause(),
        real.clock());
  }

  private static void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      var isStream = exchange.getRequestURI().getPath().endsWith("/messages");
      var body = (isStream ? STREAM : SESSION).getBytes(StandardCharsets.UTF_8);
      exchange
          .getResponseHeaders()
          .set("Content-Type", isStream ? "text/event-stream" : "application/json");
      exchange.sendResponseHeaders(200, 0);
      exchange.getResponseBody().write(body);
    }
  }
}
