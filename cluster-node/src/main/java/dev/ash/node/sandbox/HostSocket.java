package dev.ash.node.sandbox;

import java.io.Closeable;
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

/** A socket of the node that one sandbox reaches: accepts connections until it is closed. */
public final class HostSocket implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(HostSocket.class);

  private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(100);

  private final String name;
  private final int limit;
  private final Path path;
  private final ServerSocketChannel server;
  private final Set<SocketChannel> connections = ConcurrentHashMap.newKeySet();
  private final Runnable closed;
  private final Thread acceptor;

  /**
   * Listens. Blocks briefly.
   *
   * @param name says in threads and in the log whose connections these are
   * @param limit connections at once; one more is closed
   * @param connected serves a connection; its second argument is to be run when that has ended
   * @param closed called once after the socket is gone
   */
  public HostSocket(
      String name,
      Path path,
      int limit,
      BiConsumer<SocketChannel, Runnable> connected,
      Runnable closed)
      throws IOException {
    this.name = name;
    this.limit = limit;
    this.path = path;
    this.closed = closed;
    Files.deleteIfExists(path);
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      server.bind(UnixDomainSocketAddress.of(path), limit);
      // The sandbox runs under a user of its own, and connecting needs the right to write. The
      // folder is what keeps everybody else out: only this sandbox sees it.
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw-rw-"));
    } catch (IOException e) {
      server.close();
      throw e;
    }
    acceptor = Thread.ofVirtual().name("accept-" + name).start(() -> acceptUntilClosed(connected));
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
        LOG.warn("{}: a connection was not accepted", name, e);
        LockSupport.parkNanos(PAUSE_AFTER_FAILURE.toNanos());
      }
    }
  }

  private void accept(BiConsumer<SocketChannel, Runnable> connected) throws IOException {
    var connection = server.accept();
    if (connections.size() >= limit) {
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
