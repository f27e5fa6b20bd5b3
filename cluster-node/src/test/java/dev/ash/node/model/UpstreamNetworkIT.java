package dev.ash.node.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.ash.config.NodeConfig;
import dev.ash.config.ProviderConfig;
import dev.ash.config.UpstreamConfig;
import dev.ash.config.UpstreamConfig.Network;
import dev.ash.protocol.id.SessionId;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** TLS with certificates of openssl, and a proxy with a password in between. */
@Timeout(60)
final class UpstreamNetworkIT {
  private static final SessionId SESSION = SessionId.of(new UUID(1, 2));
  @RegisterExtension private static final TestActors ACTORS = new TestActors();

  @TempDir private Path folder;
  private TestLedger ledger;
  private HttpsServer server;
  private @Nullable SocketModelProxy proxy;

  @BeforeEach
  void start() throws Exception {
    ledger = TestLedger.open(folder);
    certificate("ca", "/CN=ca", List.of());
    certificate(
        "server", "/CN=server", List.of("-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"));
    certificate("client", "/CN=client", List.of());
    certificate("stranger", "/CN=stranger", List.of());
    server = serve();
  }

  @AfterEach
  void stop() throws IOException {
    if (proxy != null) {
      proxy.close();
    }
    server.stop(0);
    ledger.close();
  }

  @Test
  void anOwnCertificateIsTrustedAndTheClientsIsShown() throws Exception {
    assertThat(status(network(Optional.of("server"), Optional.of("client"), Optional.empty())))
        .isEqualTo(200);
  }

  @Test
  void aServerThatIsNotTrustedGetsNothing() throws Exception {
    assertThat(status(network(Optional.of("ca"), Optional.of("client"), Optional.empty())))
        .isEqualTo(502);
  }

  @Test
  void aServerThatWantsAnotherCertificateRefuses() throws Exception {
    assertThat(status(network(Optional.of("server"), Optional.of("stranger"), Optional.empty())))
        .isEqualTo(502);
  }

  @Test
  void aProxyIsUsedWithItsPasswordAndNeverSeesTheKey() throws Exception {
    var seen = new CopyOnWriteArrayList<String>();
    try (var forward = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> forward(forward, seen));
      var url = URI.create("http://us%40er:pa%3Ass@127.0.0.1:" + forward.getLocalPort());

      assertThat(status(network(Optional.of("server"), Optional.of("client"), Optional.of(url))))
          .isEqualTo(200);

      assertThat(seen).anyMatch(line -> line.startsWith("CONNECT 127.0.0.1:"));
      // us@er:pa:ss
      assertThat(seen).anyMatch(line -> line.equals("Proxy-Authorization: Basic dXNAZXI6cGE6c3M="));
      assertThat(String.join("\n", seen)).doesNotContain("sk-canary-key");
    }
  }

  @Test
  void aProxyThatWantsTlsIsSpokenToSo() throws Exception {
    var seen = new CopyOnWriteArrayList<String>();
    try (var forward = tlsProxy("server")) {
      Thread.ofVirtual().start(() -> forward(forward, seen));
      var url = URI.create("https://us%40er:pa%3Ass@127.0.0.1:" + forward.getLocalPort());

      assertThat(status(network(Optional.of("server"), Optional.of("client"), Optional.of(url))))
          .isEqualTo(200);

      assertThat(seen).anyMatch(line -> line.startsWith("CONNECT 127.0.0.1:"));
      // us@er:pa:ss, and never the password of the way there
      assertThat(seen.stream().filter(line -> line.startsWith("Proxy-Authorization:")))
          .containsOnly("Proxy-Authorization: Basic dXNAZXI6cGE6c3M=");
      assertThat(String.join("\n", seen)).doesNotContain("sk-canary-key");
    }
  }

  @Test
  void aProxyWhoseCertificateIsNotTrustedIsToldNothing() throws Exception {
    var seen = new CopyOnWriteArrayList<String>();
    try (var forward = tlsProxy("stranger")) {
      Thread.ofVirtual().start(() -> forward(forward, seen));
      var url = URI.create("https://us%40er:pa%3Ass@127.0.0.1:" + forward.getLocalPort());

      assertThat(status(network(Optional.of("server"), Optional.of("client"), Optional.of(url))))
          .isEqualTo(502);

      assertThat(seen).isEmpty();
    }
  }

  @Test
  void theWayToAProxyServesNobodyElse() throws Exception {
    var threads = Executors.newVirtualThreadPerTaskExecutor();
    try (threads;
        var way =
            new TlsProxy(
                URI.create("https://127.0.0.1:1"),
                Pem.context(network(Optional.of("server"), Optional.empty(), Optional.empty())),
                threads)) {
      assertThat(asked(way, "CONNECT 127.0.0.1:443 HTTP/1.1\r\nHost: a\r\n\r\n"))
          .startsWith("HTTP/1.1 407 ");
      assertThat(
              asked(
                  way,
                  "CONNECT 127.0.0.1:443 HTTP/1.1\r\nProxy-Authorization: Basic bm9kZTp4\r\n\r\n"))
          .startsWith("HTTP/1.1 407 ");
      assertThat(asked(way, "GET http://127.0.0.1/ HTTP/1.1\r\nHost: a\r\n\r\n"))
          .startsWith("HTTP/1.1 501 ");
      var ours =
          java.util.Base64.getEncoder()
              .encodeToString(way.url().getRawUserInfo().getBytes(StandardCharsets.US_ASCII));
      // Nobody listens there.
      assertThat(
              asked(
                  way,
                  "CONNECT 127.0.0.1:443 HTTP/1.1\r\nProxy-Authorization: Basic "
                      + ours
                      + "\r\n\r\n"))
          .startsWith("HTTP/1.1 502 ");
    }
  }

  private static String asked(TlsProxy way, String head) throws IOException {
    try (var socket = new Socket(way.url().getHost(), way.url().getPort())) {
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }
  }

  private ServerSocket tlsProxy(String name) throws IOException {
    return Pem.context(
            new Network(
                Optional.empty(),
                Optional.of(folder.resolve(name + ".pem")),
                Optional.of(folder.resolve(name + ".key")),
                Optional.empty(),
                List.of()))
        .getServerSocketFactory()
        .createServerSocket(0, 10, InetAddress.getLoopbackAddress());
  }

  @Test
  void aProxyOfTlsIsForServersOfTls() {
    for (var wrong :
        Map.of(
                "https://user:canary@proxy:1",
                    "ASH_MODEL_PROXY: https:// with an http model server",
                "socks://user:canary@proxy:1", "ASH_MODEL_PROXY: another form")
            .entrySet()) {
      var settings =
          Map.of("ash.model.proxy", wrong.getKey(), "ash.model.base-url", "http://model:8080");

      assertThatThrownBy(() -> NodeConfig.from(NodeConfig.load(settings)))
          .hasMessageStartingWith(wrong.getValue())
          .hasMessageNotContaining("canary");
    }
  }

  @Test
  void aTunnelThatIsNotOpenedGivesTheCallToTheNextServer() throws Exception {
    // Nobody listens there.
    var url = URI.create("https://127.0.0.1:1");

    assertThat(
            status(
                List.of(
                    upstream(
                        "through",
                        network(Optional.of("server"), Optional.of("client"), Optional.of(url))),
                    upstream(
                        "main",
                        network(Optional.of("server"), Optional.of("client"), Optional.empty())))))
        .isEqualTo(200);
  }

  private UpstreamConfig upstream(String name, Network network) {
    return new UpstreamConfig(
        name,
        URI.create("https://127.0.0.1:" + server.getAddress().getPort()),
        ModelConfigs.credential(Optional.of("sk-canary-key"), Optional.empty()),
        Map.of(),
        List.of(),
        Optional.empty(),
        network,
        new ProviderConfig.Anthropic());
  }

  private int status(Network network) throws IOException {
    return status(List.of(upstream("main", network)));
  }

  private int status(List<UpstreamConfig> upstreams) throws IOException {
    var socket = folder.resolve("model.sock");
    proxy =
        new SocketModelProxy(
            ACTORS.system(),
            ModelConfigs.of(upstreams, Duration.ofSeconds(20), List.of()),
            ledger.needs());
    proxy.listen(TestLedger.account(SESSION, _ -> {}), socket);
    return RawClient.call(socket, RawClient.get("/v1/models")).status();
  }

  private Network network(Optional<String> ca, Optional<String> client, Optional<URI> through) {
    return new Network(
        ca.map(name -> folder.resolve(name + ".pem")),
        client.map(name -> folder.resolve(name + ".pem")),
        client.map(name -> folder.resolve(name + ".key")),
        through,
        List.of());
  }

  /** Wants the certificate {@code client}. */
  private HttpsServer serve() throws Exception {
    var context =
        Pem.context(
            new Network(
                Optional.of(folder.resolve("client.pem")),
                Optional.of(folder.resolve("server.pem")),
                Optional.of(folder.resolve("server.key")),
                Optional.empty(),
                List.of()));
    var made = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
    made.setHttpsConfigurator(
        new HttpsConfigurator(context) {
          @Override
          public void configure(HttpsParameters parameters) {
            var wanted = context.getDefaultSSLParameters();
            wanted.setNeedClientAuth(true);
            parameters.setSSLParameters(wanted);
          }
        });
    made.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, 2);
          exchange.getResponseBody().write("{}".getBytes(StandardCharsets.UTF_8));
          exchange.close();
        });
    made.start();
    return made;
  }

  private void certificate(String name, String subject, List<String> more) throws Exception {
    var command =
        new java.util.ArrayList<>(List.of("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"));
    command.addAll(
        List.of("ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", subject));
    command.addAll(List.of("-keyout", name + ".key", "-out", name + ".pem"));
    command.addAll(more);
    var process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve(name + ".log").toFile())
            .start();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }

  /** A proxy that wants a password and tunnels everywhere. */
  private static void forward(ServerSocket listening, List<String> seen) {
    while (!listening.isClosed()) {
      try {
        var client = listening.accept();
        Thread.ofVirtual().start(() -> tunnel(client, seen));
      } catch (IOException e) {
        return;
      }
    }
  }

  private static void tunnel(Socket client, List<String> seen) {
    try (client) {
      while (true) {
        var head = head(client);
        seen.addAll(head);
        if (head.isEmpty()) {
          return;
        }
        if (head.stream().anyMatch(line -> line.startsWith("Proxy-Authorization:"))) {
          var to = head.getFirst().split(" ", -1)[1].split(":", -1);
          try (var server = new Socket(to[0], Integer.parseInt(to[1]))) {
            client
                .getOutputStream()
                .write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            var back =
                Thread.ofVirtual()
                    .start(
                        () -> {
                          try {
                            server.getInputStream().transferTo(client.getOutputStream());
                          } catch (IOException e) {
                            // one of the two has left
                          }
                        });
            client.getInputStream().transferTo(server.getOutputStream());
            back.interrupt();
          }
          return;
        }
        client
            .getOutputStream()
            .write(
                """
                HTTP/1.1 407 Proxy Authentication Required\r
                Proxy-Authenticate: Basic realm="r"\r
                Content-Length: 0\r
                \r
                """
                    .getBytes(StandardCharsets.US_ASCII));
      }
    } catch (IOException e) {
      // one of the two has left
    }
  }

  private static List<String> head(Socket client) throws IOException {
    var lines = new java.util.ArrayList<String>();
    var line = new StringBuilder();
    int c;
    while ((c = client.getInputStream().read()) >= 0) {
      if (c == '\n') {
        if (line.isEmpty()) {
          return lines;
        }
        lines.add(line.toString());
        line.setLength(0);
      } else if (c != '\r') {
        line.append((char) c);
      }
    }
    return lines;
  }
}
