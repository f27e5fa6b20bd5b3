package dev.ash.node.model;

import dev.ash.protocol.id.SessionId;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One session's socket: accepts connections until it is closed. */
final class SessionListener implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SessionListener.class);

  /** More than an agent with all its subagents opens; a sandbox that wants more waits. */
  static final int MAX_CONNECTIONS = 256;

  private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(100);

  private final SessionId session;
  private final Path path;
  private final ServerSocketChannel server;
  private final Set<SocketChannel> connections = ConcurrentHashMap.newKeySet();
  private final Runnable closed;
  private final Thread acceptor;

  /**
   * @param connected serves a connection; its second argument is to be run when that has ended
   * @param closed called once after the socket is gone
   */
  SessionListener(
      SessionId session, Path path, BiConsumer<SocketChannel, Runnable> connected, Runnable closed)
      throws IOException {
    this.session = session;
    this.path = path;
    this.closed = closed;
    Files.deleteIfExists(path);
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      server.bind(UnixDomainSocketAddress.of(path), MAX_CONNECTIONS);
      // The sandbox runs under a user of its own, and connecting needs the right to write. The
      // folder is what keeps everybody else out: only this sandbox sees it.
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw-rw-"));
    } catch (IOException e) {
      server.close();
      throw e;
    }
    acceptor =
        Thread.ofVirtual()
            .name("model-accept-" + session.value())
            .start(() -> acceptUntilClosed(connected));
  }

  @Override
  public void close() throws IOException {
    if (!server.isOpen()) {
      return;
    }
    try {
      server.close();
      acceptor.interrupt();
      for (var connection : connections) {
        connection.close();
      }
    } finally {
      Files.deleteIfExists(path);
      closed.run();
    }
  }

  private void acceptUntilClosed(BiConsumer<SocketChannel, Runnable> connected) {
    while (server.isOpen()) {
      try {
        accept(connected);
      } catch (AsynchronousCloseException e) {
        return;
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException | RuntimeException | Error e) {
        // Also what should not happen: without this thread the agent would be cut off in silence.
        LOG.warn("Session {}: a model connection was not accepted", session.value(), e);
        LockSupport.parkNanos(PAUSE_AFTER_FAILURE.toNanos());
      }
    }
  }

  private void accept(BiConsumer<SocketChannel, Runnable> connected) throws IOException {
    var connection = server.accept();
    if (connections.size() >= MAX_CONNECTIONS) {
      connection.close();
      return;
    }
    connections.add(connection);
    var served = false;
    try {
      if (server.isOpen()) {
        connected.accept(connection, () -> connections.remove(connection));
        served = true;
      }
    } finally {
      if (!served) {
        connections.remove(connection);
        connection.close();
      }
    }
  }
}
