package dev.ash.node.model;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.URLDecoder;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to an HTTP proxy that wants TLS itself. The JDK's client speaks to proxies in the clear
 * only, so it is given this one, on loopback: each tunnel it asks for is asked for there, over TLS,
 * and what goes through is TLS of the client's once more, to the model server.
 *
 * <p>It serves this client alone: whoever connects has to show a password that was made for it and
 * that nobody else knows. The other proxy's password is added here and not known to the client.
 */
final class TlsProxy implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TlsProxy.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofMillis(200);
  private static final int LARGEST_HEAD = 16 << 10;
  private static final int MOST_CONNECTIONS = 4096;

  /**
   * Connections that have not shown the password: they have little time, and places of their own.
   */
  private static final int MOST_STRANGERS = 512;

  private static final int HTTPS = 443;
  private static final String USER = "node";
  private static final String SHOWN = "proxy-authorization:";

  private final URI proxy;
  private final SSLContext tls;
  private final Executor threads;
  private final String password;
  private final ServerSocket listening;
  private final Semaphore places = new Semaphore(MOST_CONNECTIONS);
  private final Semaphore strangers = new Semaphore(MOST_STRANGERS);
  private final Set<Closeable> open = ConcurrentHashMap.newKeySet();

  /** Listens, and connects to nobody yet. */
  TlsProxy(URI proxy, SSLContext tls, Executor threads) throws IOException {
    this.proxy = proxy;
    this.tls = tls;
    this.threads = threads;
    var random = new byte[24];
    new SecureRandom().nextBytes(random);
    this.password = HexFormat.of().formatHex(random);
    this.listening = new ServerSocket(0, 256, InetAddress.getLoopbackAddress());
    threads.execute(this::accept);
  }

  /** What the client takes for its proxy, with the password. */
  URI url() {
    return URI.create(
        "http://%s:%s@%s:%d"
            .formatted(
                USER,
                password,
                listening.getInetAddress().getHostAddress(),
                listening.getLocalPort()));
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        var client = listening.accept();
        if (strangers.tryAcquire()) {
          threads.execute(() -> serve(client));
        } else {
          client.close();
        }
      } catch (IOException e) {
        if (!listening.isClosed()) {
          LOG.warn("No connection to the way to the proxy {} was taken", proxy.getHost(), e);
          // Out of descriptors, say: the next look finds the same, for a while.
          LockSupport.parkNanos(PAUSE.toNanos());
        }
      }
    }
  }

  private void serve(Socket client) {
    open.add(client);
    var stranger = new AtomicBoolean(true);
    CompletableFuture.delayedExecutor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS, threads)
        .execute(
            () -> {
              if (stranger.get()) {
                close(client);
              }
            });
    try (client) {
      client.setSoTimeout((int) PATIENCE.toMillis());
      // A client shows its password only when it is asked for it.
      for (var head = head(client.getInputStream());
          !head.isEmpty();
          head = head(client.getInputStream())) {
        if (!head.getFirst().startsWith("CONNECT ")) {
          say(client, "501 Not Implemented", "");
          return;
        }
        if (isOurs(head)) {
          letIn(stranger);
          tunnel(client, head);
          return;
        }
        say(client, "407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=\"ash\"");
      }
    } catch (IOException e) {
      LOG.debug("A tunnel through {} ended: {}", proxy.getHost(), e.getClass().getSimpleName());
    } finally {
      letIn(stranger);
      open.remove(client);
    }
  }

  /** It has shown the password, or is gone: another one may be looked at. Repeatable. */
  private void letIn(AtomicBoolean stranger) {
    if (stranger.compareAndSet(true, false)) {
      strangers.release();
    }
  }

  private boolean isOurs(List<String> head) {
    var wanted = basic(USER + ":" + password).getBytes(UTF_8);
    return head.stream()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(SHOWN))
        .map(line -> line.substring(SHOWN.length()).strip().getBytes(UTF_8))
        .anyMatch(shown -> MessageDigest.isEqual(shown, wanted));
  }

  private void tunnel(Socket client, List<String> head) throws IOException {
    if (!places.tryAcquire()) {
      say(client, "503 Service Unavailable", "");
      return;
    }
    try {
      pass(client, head);
    } finally {
      places.release();
    }
  }

  private void pass(Socket client, List<String> head) throws IOException {
    var secure = connected();
    if (secure.isEmpty()) {
      say(client, "502 Bad Gateway", "");
      return;
    }
    try (var server = secure.get()) {
      open.add(server);
      server.getOutputStream().write(forwarded(head).getBytes(ISO_8859_1));
      server.getOutputStream().flush();
      client.setSoTimeout(0);
      server.setSoTimeout(0);
      threads.execute(() -> back(server, client));
      client.getInputStream().transferTo(server.getOutputStream());
      // Whoever closes a tunnel of TLS closes all of it.
    } finally {
      secure.ifPresent(open::remove);
    }
  }

  private static void back(Socket server, Socket client) {
    try (client) {
      server.getInputStream().transferTo(client.getOutputStream());
    } catch (IOException e) {
      LOG.debug("A tunnel was cut: {}", e.getClass().getSimpleName());
    }
  }

  private Optional<SSLSocket> connected() {
    var plain = new Socket();
    try {
      var port = proxy.getPort() < 0 ? HTTPS : proxy.getPort();
      plain.connect(new InetSocketAddress(proxy.getHost(), port), (int) PATIENCE.toMillis());
      plain.setSoTimeout((int) PATIENCE.toMillis());
      var secure =
          (SSLSocket) tls.getSocketFactory().createSocket(plain, proxy.getHost(), port, true);
      var parameters = secure.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      secure.setSSLParameters(parameters);
      secure.startHandshake();
      return Optional.of(secure);
    } catch (IOException e) {
      LOG.warn(
          "The proxy {} of ASH_MODEL_PROXY could not be reached over TLS: {}",
          proxy.getHost(),
          e.toString());
      close(plain);
      return Optional.empty();
    }
  }

  private String forwarded(List<String> head) {
    var text = new StringBuilder();
    for (var line : head) {
      if (!line.toLowerCase(Locale.ROOT).startsWith(SHOWN)) {
        text.append(line).append("\r\n");
      }
    }
    if (proxy.getRawUserInfo() != null) {
      var userInfo = URLDecoder.decode(proxy.getRawUserInfo().replace("+", "%2B"), UTF_8);
      text.append("Proxy-Authorization: ").append(basic(userInfo)).append("\r\n");
    }
    return text.append("\r\n").toString();
  }

  private static String basic(String text) {
    return "Basic " + Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
  }

  private static void say(Socket client, String status, String header) throws IOException {
    client
        .getOutputStream()
        .write(
            "HTTP/1.1 %s\r\n%sContent-Length: 0\r\n\r\n"
                .formatted(status, header.isEmpty() ? "" : header + "\r\n")
                .getBytes(ISO_8859_1));
  }

  /** The lines of a request's head; empty at the end of the stream. */
  private static List<String> head(InputStream in) throws IOException {
    var bytes = new ByteArrayOutputStream();
    for (var c = in.read(); c >= 0; c = in.read()) {
      bytes.write(c);
      if (bytes.size() > LARGEST_HEAD) {
        throw new IOException("a head of more than " + LARGEST_HEAD + " bytes");
      }
      var text = c == '\n' ? bytes.toString(ISO_8859_1) : "";
      if (text.endsWith("\r\n\r\n")) {
        return text.strip().lines().toList();
      }
    }
    return List.of();
  }

  private static void close(Closeable socket) {
    try {
      socket.close();
    } catch (IOException e) {
      LOG.debug("A socket was not closed: {}", e.getClass().getSimpleName());
    }
  }

  @Override
  public void close() {
    close(listening);
    open.forEach(TlsProxy::close);
  }
}
