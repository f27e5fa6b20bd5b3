package dev.ash.bridge;

import dev.ash.protocol.bridge.BridgeFrame;
import dev.ash.protocol.bridge.NodeFrame;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Who may speak to this bridge, and until when: one owner at a time, the one with the newest epoch,
 * as long as it renews its lease. When the owner goes, everything ends.
 */
final class BridgeServer {
  private static final long HELLO_WITHIN_NS = Duration.ofSeconds(5).toNanos();
  private static final long FROZEN_NS = Duration.ofSeconds(1).toNanos();
  private static final long LAST_LOOK_NS = Duration.ofMillis(250).toNanos();
  private static final int STRANGERS = 8;

  /** Why the bridge ends. */
  enum End {
    OWNER_GONE(0),
    LEASE_EXPIRED(2),
    NODE_GONE(3);

    private final int exitCode;

    End(int exitCode) {
      this.exitCode = exitCode;
    }

    int exitCode() {
      return exitCode;
    }
  }

  private final byte[] token;
  private final BridgeParts parts;
  private final LongSupplier nanos;
  private final ServerSocketChannel socket;
  private final Path path;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<Connection, Long> strangers = new HashMap<>();
  private @Nullable Connection owner;
  private long epoch = -1;
  private long leaseNs;
  private long renewedAt;
  private boolean lookedTwice;
  private @Nullable End end;

  private BridgeServer(
      String token, BridgeParts parts, LongSupplier nanos, ServerSocketChannel socket, Path path) {
    this.token = token.getBytes(StandardCharsets.UTF_8);
    this.parts = parts;
    this.nanos = nanos;
    this.socket = socket;
    this.path = path;
  }

  /** Listens; a socket file that an earlier bridge left is replaced. */
  static BridgeServer open(Path path, String token, BridgeParts parts, LongSupplier nanos)
      throws IOException {
    Files.deleteIfExists(path);
    var socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    socket.bind(UnixDomainSocketAddress.of(path));
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
    var server = new BridgeServer(token, parts, nanos, socket, path);
    Threads.start("accept", server::accept);
    return server;
  }

  private void accept() {
    try {
      while (true) {
        var connection = new Connection(socket.accept(), this, parts);
        if (!welcome(connection)) {
          connection.close();
        } else if (!Threads.tryStart("connection", connection)) {
          left(connection);
          connection.close();
        }
      }
    } catch (IOException e) {
      finish(End.OWNER_GONE);
    }
  }

  private boolean welcome(Connection connection) {
    lock.lock();
    try {
      if (strangers.size() == STRANGERS) {
        return false;
      }
      strangers.put(connection, nanos.getAsLong());
      changed.signalAll();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Makes a connection the owner; what is returned says why not. */
  Optional<String> admit(Connection connection, NodeFrame.Hello hello) {
    if (!MessageDigest.isEqual(token, hello.token().getBytes(StandardCharsets.UTF_8))) {
      return Optional.of("wrong token");
    }
    lock.lock();
    try {
      if (hello.epoch() < epoch) {
        return Optional.of("a newer owner has this sandbox");
      }
      var former = owner;
      owner = connection;
      epoch = hello.epoch();
      leaseNs = TimeUnit.MILLISECONDS.toNanos(hello.leaseMs());
      renewedAt = nanos.getAsLong();
      strangers.remove(connection);
      parts.agent().follow(connection.outbox());
      if (former != null) {
        former.close();
      }
      changed.signalAll();
      return Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  void renew(Connection connection) {
    lock.lock();
    try {
      if (connection == owner) {
        renewedAt = nanos.getAsLong();
      }
    } finally {
      lock.unlock();
    }
  }

  /** A connection is over; with the owner's, all is. */
  void left(Connection connection) {
    lock.lock();
    try {
      strangers.remove(connection);
      if (connection == owner) {
        finish(End.OWNER_GONE);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Reads, and drops, what comes from the node until that ends; then ends everything. */
  void endWith(Reader node) {
    try {
      node.transferTo(Writer.nullWriter());
    } catch (IOException _) {
      // An input that broke has ended as well.
    }
    finish(End.NODE_GONE);
  }

  private void finish(End why) {
    lock.lock();
    try {
      if (end == null) {
        end = why;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Watches the lease and the strangers until there is a reason to end; then ends everything. */
  End run() throws InterruptedException, IOException {
    lock.lock();
    try {
      boolean wasFrozen = false;
      while (end == null) {
        long before = nanos.getAsLong();
        long wait = nextCheck(before, wasFrozen);
        if (end == null && wait > 0) {
          changed.awaitNanos(wait);
        }
        wasFrozen = nanos.getAsLong() - before > wait + FROZEN_NS;
      }
    } finally {
      lock.unlock();
    }
    close();
    return end;
  }

  /** How long nothing can happen; ends the bridge when the lease is over. */
  private long nextCheck(long now, boolean wasFrozen) {
    long wait = TimeUnit.HOURS.toNanos(1);
    if (owner != null) {
      if (wasFrozen) {
        // The owner's renewals wait in the socket: this process did not run, its owner did.
        renewedAt = Math.max(renewedAt, now - leaseNs + leaseNs / 2);
      }
      long left = renewedAt + leaseNs - now;
      if (left > 0) {
        lookedTwice = false;
      } else if (lookedTwice) {
        finish(End.LEASE_EXPIRED);
        return 0;
      } else {
        // Thawed a moment ago, perhaps: then renewals wait in the socket, unread.
        lookedTwice = true;
        left = LAST_LOOK_NS;
      }
      wait = Math.min(wait, left);
    }
    for (var stranger : new ArrayList<>(strangers.entrySet())) {
      long left = stranger.getValue() + HELLO_WITHIN_NS - now;
      if (left <= 0) {
        strangers.remove(stranger.getKey());
        stranger.getKey().close();
      } else {
        wait = Math.min(wait, left);
      }
    }
    return wait;
  }

  /** Ends the agent, all commands and the connection, and removes the socket. */
  private void close() throws IOException {
    parts.tree().killAll();
    Connection last;
    lock.lock();
    try {
      last = owner;
    } finally {
      lock.unlock();
    }
    if (last != null) {
      last.close();
    }
    socket.close();
    Files.deleteIfExists(path);
  }

  static BridgeFrame refusal(String why) {
    return new BridgeFrame.Failed(0, BridgeFrame.Failure.INVALID, why);
  }
}
