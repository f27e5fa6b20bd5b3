package dev.ash.node.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.ash.config.EgressConfig;
import dev.ash.config.EgressConfig.Mode;
import dev.ash.config.InvalidConfigException;
import dev.ash.node.telemetry.NoMetrics;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The proxy as a hostile sandbox meets it: over its socket, byte by byte. */
@Timeout(60)
final class SocketEgressProxyTest {
  private static final SessionId SESSION = new SessionId("5f0c2f6e-1111-4222-8333-444455556666");
  private static final TenantId ACME = new TenantId("acme");
  private static final int CONNECTIONS = 3;

  private final Queue<String> log = new ConcurrentLinkedQueue<>();
  private final Queue<String> lookedUp = new ConcurrentLinkedQueue<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private Path folder;
  private Path socket;
  private ServerSocket target;
  private SocketEgressProxy proxy;
  private Closeable listener;

  @BeforeEach
  void start() throws IOException {
    folder = Files.createTempDirectory("egress");
    socket = folder.resolve("s");
    target = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
    listen(Mode.RESTRICTED, "127.0.0.1:" + target.getLocalPort(), Duration.ofMinutes(5));
  }

  @AfterEach
  void end() throws IOException {
    proxy.close();
    target.close();
    threads.shutdownNow();
    Files.deleteIfExists(socket);
    Files.delete(folder);
  }

  private void listen(Mode mode, String allow, Duration idle, String... wanted) throws IOException {
    if (proxy != null) {
      proxy.close();
    }
    proxy =
        new SocketEgressProxy(
            new EgressConfig(mode, allow, CONNECTIONS, idle, true), new NoMetrics(), this::resolve);
    listener = proxy.listen(visitor(ACME, wanted), socket);
  }

  private EgressProxy.Visitor visitor(TenantId tenant, String... wanted) {
    return new EgressProxy.Visitor(tenant, SESSION, List.of(wanted), log::add);
  }

  /** {@code 10-0-0-1.test} is at 10.0.0.1. */
  private InetAddress[] resolve(String name) throws UnknownHostException {
    lookedUp.add(name);
    if (!name.endsWith(".test")) {
      throw new UnknownHostException(name);
    }
    var address = name.substring(0, name.indexOf('.')).replace('-', '.');
    return new InetAddress[] {InetAddress.ofLiteral(address)};
  }

  @Test
  void passesBytesBothWays() throws Exception {
    var bytes = new byte[8 << 20];
    new SplittableRandom(7).nextBytes(bytes);
    echo();
    try (var client = connected("127.0.0.1:" + target.getLocalPort())) {
      var sent =
          threads.submit(
              () -> {
                client.write(bytes);
                client.channel.shutdownOutput();
                return true;
              });
      assertThat(client.rest()).isEqualTo(bytes);
      assertThat(sent.get()).isTrue();
    }
  }

  @Test
  void takesNoMoreFromATargetThanTheSandboxTakes() throws Exception {
    var sent = new AtomicLong();
    var _ =
        threads.submit(
            () -> {
              try (Socket peer = target.accept()) {
                for (var piece = new byte[1 << 16]; ; sent.addAndGet(piece.length)) {
                  peer.getOutputStream().write(piece);
                }
              }
            });
    try (var client = connected("127.0.0.1:" + target.getLocalPort())) {
      var before = new AtomicLong(-1);
      await()
          .pollInterval(Duration.ofMillis(500))
          .until(() -> before.getAndSet(sent.get()) == sent.get() && sent.get() > 0);
      var stuck = sent.get();
      assertThat(stuck).as("what sockets and one buffer hold").isLessThan(32 << 20);

      assertThat(Channels.newInputStream(client.channel).readNBytes(48 << 20)).hasSize(48 << 20);
      assertThat(sent.get()).isGreaterThan(stuck);
    }
  }

  @Test
  void passesWhatComesTogetherWithTheHead() throws Exception {
    echo();
    try (var client = new Client(socket)) {
      client.write(connect("127.0.0.1:" + target.getLocalPort()) + "early");
      client.channel.shutdownOutput();
      assertThat(client.text()).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\nearly");
    }
  }

  @Test
  void forwardsOneRequestOfPlainHttp() throws Exception {
    var seen = answering("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello");
    try (var client = new Client(socket)) {
      client.write(
          "POST http://127.0.0.1:"
              + target.getLocalPort()
              + "/mcp?a=1#x HTTP/1.1\r\nHost: evil\r\nProxy-Authorization: Basic x\r\n"
              + "Connection: keep-alive\r\nAccept: */*\r\nContent-Length: 4\r\n\r\nbody");
      assertThat(client.text()).endsWith("hello");
    }
    assertThat(seen.get())
        .isEqualTo(
            "POST /mcp?a=1 HTTP/1.1\r\nHost: 127.0.0.1:"
                + target.getLocalPort()
                + "\r\nAccept: */*\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody");
  }

  @ParameterizedTest
  @CsvSource({
    "HTTP/1.1 200 OK|Content-Length: 5||hello, HTTP/1.1 200 OK|Content-Length: 5|Connection: close||hello",
    "HTTP/1.1 200 OK|connection: keep-alive|Keep-Alive: a|X: b||hello,"
        + " HTTP/1.1 200 OK|X: b|Connection: close||hello",
    "HTTP/1.0 999 odd|X: y||z, HTTP/1.0 999 odd|X: y|Connection: close||z",
    "HTTP/1.1 100 Continue||HTTP/1.1 200|Connection: a| b|Y: c||,"
        + " HTTP/1.1 100 Continue||HTTP/1.1 200|Y: c|Connection: close||"
  })
  void tellsTheProgramThatTheConnectionEndsWithTheAnswer(String answer, String told)
      throws Exception {
    var seen = answering(answer.replace("|", "\r\n"));
    assertThat(plain()).isEqualTo(told.replace("|", "\r\n"));
    assertThat(seen).isDone();
  }

  @Test
  void understandsAServerThatEndsLinesWithoutACarriageReturn() throws Exception {
    var _ = answering("HTTP/1.0 200 OK\nConnection: keep-alive\nX: y\n\nhello");
    assertThat(plain()).isEqualTo("HTTP/1.0 200 OK\r\nX: y\r\nConnection: close\r\n\r\nhello");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "HTTP/1.1 200 OK\r\nX: a\rConnection: keep-alive\r\n\r\n",
        "SSH-2.0-x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: y",
        "HTTP/2 200\r\n\r\n"
      })
  void tellsThatATargetDoesNotSpeakPlainHttp(String answer) throws Exception {
    var _ = answering(answer);
    assertThat(plain()).startsWith("HTTP/1.1 502 ").contains("127.0.0.1:" + target.getLocalPort());
  }

  @Test
  void doesNotKeepAnAnswersHeadWithoutEnd() throws Exception {
    var _ = answering("HTTP/1.1 200 OK\r\nX: " + "x".repeat(64 << 10));
    assertThat(plain()).startsWith("HTTP/1.1 502 ").contains("at most 16384 bytes");
  }

  private String plain() throws IOException {
    return call(
        "POST http://127.0.0.1:%d/ HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody"
            .formatted(target.getLocalPort()));
  }

  @Test
  void aTenantsSlowNamesDoNotKeepAnotherWaiting() throws Exception {
    var answered = new CompletableFuture<Void>();
    var asked = new Semaphore(0);
    proxy.close();
    proxy =
        new SocketEgressProxy(
            new EgressConfig(Mode.FULL, "", 64, Duration.ofMinutes(1), true),
            new NoMetrics(),
            name -> {
              if (name.startsWith("slow")) {
                asked.release();
                answered.join();
              }
              return new InetAddress[] {InetAddress.ofLiteral("10.0.0.1")};
            });
    var clients = new ArrayList<Client>();
    try {
      for (var sandbox = 0; sandbox < 5; sandbox++) {
        var path = folder.resolve("s" + sandbox);
        var _ = proxy.listen(visitor(ACME), path);
        for (var name = 0; name < 8; name++) {
          var client = new Client(path);
          clients.add(client);
          client.write(connect("slow-%d-%d.test:80".formatted(sandbox, name)));
        }
      }
      assertThat(asked.tryAcquire(16, 30, TimeUnit.SECONDS)).isTrue();
      var _ = proxy.listen(visitor(new TenantId("other")), socket);
      assertThat(call(connect("quick.test:80")))
          .startsWith("HTTP/1.1 403 ")
          .contains("a private address");
      assertThat(asked.availablePermits()).as("more of the first tenant's").isZero();
      for (var client : clients) {
        assertThat(client.text()).containsPattern("HTTP/1.1 50[34] ");
      }
    } finally {
      answered.complete(null);
      for (var client : clients) {
        client.close();
      }
    }
  }

  @Test
  void saysWhatIsRefusedAndWhatToDo() throws Exception {
    var answer = call(connect("example.org:443"));
    assertThat(answer)
        .startsWith("HTTP/1.1 403 ")
        .contains("example.org:443", "the node's operator does not list it", "ASH_SANDBOX_ALLOW");
    call(connect("example.org:443"));
    call(connect("example.org.:443"));
    assertThat(log).singleElement().asString().contains("example.org:443");
    assertThat(lookedUp).as("a refused name tells no name server anything").isEmpty();
    for (var i = 0; i < 300; i++) {
      call(connect("example.org:" + (1000 + i)));
    }
    assertThat(log).hasSize(100);
  }

  @Test
  void looksUpOnceAndDialsWhatItChecked() throws Exception {
    echo();
    var port = target.getLocalPort();
    listen(Mode.FULL, "127-0-0-1.test:%d=private".formatted(port), Duration.ofMinutes(1));
    try (var client = connected("127-0-0-1.test:" + port)) {
      client.write("x");
      client.channel.shutdownOutput();
      assertThat(client.rest()).isEqualTo(new byte[] {'x'});
    }
    assertThat(lookedUp).containsExactly("127-0-0-1.test");
    for (var name : List.of("10-0-0-1.test", "169-254-169-254.test", "0-0-0-0.test")) {
      assertThat(call(connect(name + ":80"))).as(name).startsWith("HTTP/1.1 403 ");
    }
    assertThat(call(connect("unknown.example:80")))
        .startsWith("HTTP/1.1 502 ")
        .contains("unknown.example: no such host");
  }

  @Test
  void tellsThatNobodyListens() throws Exception {
    var port = target.getLocalPort();
    target.close();
    assertThat(call(connect("127.0.0.1:" + port)))
        .startsWith("HTTP/1.1 502 ")
        .contains("127.0.0.1:" + port, "connection refused");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET https://example.org/ HTTP/1.1\r\n\r\n",
        "GET ftp://example.org/ HTTP/1.1\r\n\r\n",
        "CONNECT example.org HTTP/1.1\r\n\r\n",
        "CONNECT user@example.org:443 HTTP/1.1\r\n\r\n",
        "CONNECT 2130706433:443 HTTP/1.1\r\n\r\n",
        "CONNECT example.org:443 HTTP/2.0\r\n\r\n",
        "CONNECT  example.org:443 HTTP/1.1\r\n\r\n",
        "GET http:///x HTTP/1.1\r\n\r\n",
        "GET http://a@b/x HTTP/1.1\r\n\r\n",
        "CONNECT a:1 HTTP/1.1\r\nno colon\r\n\r\n",
        "CONNECT a:1 HTTP/1.1\r\na: b\nc: d\r\n\r\n",
        "\u0016\u0003\u0001\u0002\r\n\r\n"
      })
  void isNotLedAstrayByGarbage(String request) throws Exception {
    assertThat(call(request)).startsWith("HTTP/1.1 400 ").contains("(expected: ");
  }

  @Test
  void doesNotKeepAHeadWithoutEnd() throws Exception {
    assertThat(call("CONNECT a:1 HTTP/1.1\r\nX: " + "x".repeat(64 << 10)))
        .startsWith("HTTP/1.1 431 ");
  }

  @Test
  void hangsUpOnAHeadThatComesTooSlowly() throws Exception {
    try (var client = new Client(socket)) {
      client.write("CONNECT 127.0.0.1");
      assertThat(client.rest()).isEmpty();
    }
  }

  @Test
  void hangsUpWhenNothingGoesAnyMore() throws Exception {
    listen(Mode.RESTRICTED, "127.0.0.1:" + target.getLocalPort(), Duration.ofSeconds(1));
    try (var client = connected("127.0.0.1:" + target.getLocalPort());
        var peer = target.accept()) {
      assertThat(client.rest()).isEmpty();
      assertThat(peer.getInputStream().read()).isNegative();
    }
  }

  @Test
  void boundsTheConnectionsOfASandbox() throws Exception {
    var open = new ArrayList<Client>();
    try {
      for (var i = 0; i < CONNECTIONS; i++) {
        open.add(connected("127.0.0.1:" + target.getLocalPort()));
      }
      assertThat(call(connect("127.0.0.1:" + target.getLocalPort())))
          .startsWith("HTTP/1.1 503 ")
          .contains("ash.sandbox.egress-connections");
    } finally {
      for (var client : open) {
        client.close();
      }
    }
    for (var i = 0; i < CONNECTIONS; i++) {
      target.accept().close();
    }
    await()
        .untilAsserted(
            () -> assertThat(call(connect("example.org:443"))).startsWith("HTTP/1.1 403 "));
  }

  @Test
  void endsWithTheSession() throws Exception {
    try (var client = connected("127.0.0.1:" + target.getLocalPort());
        var peer = target.accept()) {
      // One direction is over, so that only the other one is waited for.
      client.channel.shutdownOutput();
      assertThat(peer.getInputStream().read()).isNegative();
      listener.close();
      assertThat(client.rest()).isEmpty();
      peer.setSoTimeout(20_000);
      assertThatThrownBy(
              () -> {
                while (true) {
                  peer.getOutputStream().write(new byte[1 << 16]);
                }
              })
          .isInstanceOf(IOException.class);
    }
    assertThat(socket).doesNotExist();
  }

  @Test
  void saysWhichListCannotBeRead() {
    assertThatThrownBy(() -> listen(Mode.FULL, "10.0.0.0/2", Duration.ofMinutes(1)))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("ASH_SANDBOX_ALLOW: 10.0.0.0/2");
    assertThatThrownBy(() -> listen(Mode.FULL, "", Duration.ofMinutes(1), "http://a"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("ASH_SANDBOX_ALLOW of the agent or session: http://a");
  }

  private static String connect(String authority) {
    return "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n\r\n";
  }

  private String call(String request) throws IOException {
    try (var client = new Client(socket)) {
      client.write(request);
      return client.text();
    }
  }

  private Client connected(String authority) throws IOException {
    var client = new Client(socket);
    client.write(connect(authority));
    assertThat(client.head()).startsWith("HTTP/1.1 200 ");
    return client;
  }

  /** Sends one connection its own bytes back. */
  private void echo() {
    var _ =
        threads.submit(
            () -> {
              try (Socket peer = target.accept()) {
                peer.getInputStream().transferTo(peer.getOutputStream());
              }
              return true;
            });
  }

  /** Answers one connection when it has read a request with a body of four bytes. */
  private CompletableFuture<String> answering(String answer) {
    var seen = new CompletableFuture<String>();
    var _ =
        threads.submit(
            () -> {
              try (Socket peer = target.accept()) {
                var request = new StringBuilder();
                while (!request.toString().endsWith("\r\n\r\nbody")) {
                  request.append((char) peer.getInputStream().read());
                }
                peer.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
                seen.complete(request.toString());
              }
              return true;
            });
    return seen;
  }

  /** A program in the sandbox. */
  private static final class Client implements AutoCloseable {
    private final SocketChannel channel;

    Client(Path socket) throws IOException {
      channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
    }

    void write(String text) throws IOException {
      write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    void write(byte[] bytes) throws IOException {
      var buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    }

    String head() throws IOException {
      var head = new StringBuilder();
      var in = Channels.newInputStream(channel);
      while (!head.toString().endsWith("\r\n\r\n")) {
        head.append((char) in.read());
      }
      return head.toString();
    }

    byte[] rest() throws IOException {
      return Channels.newInputStream(channel).readAllBytes();
    }

    String text() throws IOException {
      return new String(rest(), StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
