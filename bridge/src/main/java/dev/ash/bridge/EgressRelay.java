package dev.ash.bridge;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Programs know proxies by host and port, and the node's is a socket in a folder: what connects to
 * a port of the loopback interface in here is passed on to it, byte by byte and both ways. It
 * decides nothing; that is the node's.
 */
final class EgressRelay implements AutoCloseable {
  /** More than the node lets through, so that it is the node that says no. */
  private static final int CONNECTIONS = 128;

  private static final int BUFFER = 8 * 1024;

  /** Without one, having no file descriptors left would cost the sandbox its processor. */
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final ServerSocketChannel server;
  private final Path socket;
  private final Semaphore free = new Semaphore(CONNECTIONS);

  private EgressRelay(ServerSocketChannel server, Path socket) {
    this.server = server;
    this.socket = socket;
  }

  /**
   * Listens until it is closed or the process ends.
   *
   * @param port of 127.0.0.1; 0 takes a free one
   * @param socket need not be there yet
   */
  static EgressRelay open(int port, Path socket) throws IOException {
    var server = ServerSocketChannel.open(StandardProtocolFamily.INET);
    server.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port), CONNECTIONS);
    var relay = new EgressRelay(server, socket);
    Thread.ofVirtual().name("egress-accept").start(relay::accept);
    return relay;
  }

  int port() throws IOException {
    return ((InetSocketAddress) server.getLocalAddress()).getPort();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }

  /** Whoever comes when all places are taken waits in the kernel's queue. */
  private void accept() {
    while (server.isOpen()) {
      try {
        free.acquire();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      if (!accepted()) {
        free.release();
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  private boolean accepted() {
    try {
      var program = server.accept();
      Thread.ofVirtual().name("egress").start(() -> serve(program));
      return true;
    } catch (IOException e) {
      // The program left before it was its turn, or this bridge ends.
      return false;
    }
  }

  private void serve(SocketChannel program) {
    try (program;
        var node = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      var back = Thread.ofVirtual().name("egress-back").start(() -> copy(node, program));
      copy(program, node);
      back.join();
    } catch (IOException e) {
      // Either side may leave at any time; the other one sees its connection end.
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      free.release();
    }
  }

  /** To the end of one direction; a failure ends both. */
  private static void copy(SocketChannel from, SocketChannel to) {
    var buffer = ByteBuffer.allocate(BUFFER);
    try {
      while (from.read(buffer.clear()) >= 0) {
        buffer.flip();
        while (buffer.hasRemaining()) {
          to.write(buffer);
        }
      }
      to.shutdownOutput();
    } catch (IOException e) {
      close(from);
      close(to);
    }
  }

  private static void close(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // It is gone either way.
      return;
    }
  }
}
