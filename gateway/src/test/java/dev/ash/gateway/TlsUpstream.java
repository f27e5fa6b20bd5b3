package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsServer;
import dev.ash.gateway.tls.Pem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.ExtendedSSLSession;

/** A provider with TLS that answers every call alike and keeps what it was sent. */
final class TlsUpstream implements AutoCloseable {
  /** What came: which name TLS asked for, and the request's headers. */
  record Call(List<String> serverNames, Map<String, List<String>> headers) {}

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Queue<Call> calls = new ConcurrentLinkedQueue<>();
  private final HttpsServer server;

  TlsUpstream(Certificates.Pair pair) throws Exception {
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setHttpsConfigurator(
        new HttpsConfigurator(
            Pem.client(
                Optional.empty(), Optional.of(new Pem.Identity(pair.certificate(), pair.key())))));
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  List<Call> calls() {
    return List.copyOf(calls);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      var _ = exchange.getRequestBody().readAllBytes();
      var session = (ExtendedSSLSession) ((HttpsExchange) exchange).getSSLSession();
      calls.add(
          new Call(
              session.getRequestedServerNames().stream()
                  .map(name -> new String(name.getEncoded(), UTF_8))
                  .toList(),
              Map.copyOf(exchange.getRequestHeaders())));
      var body = "{\"type\":\"message\"}".getBytes(UTF_8);
      exchange.getResponseHeaders().set("content-type", "application/json");
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
