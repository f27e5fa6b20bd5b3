package dev.ash.node.bridge;

import dev.ash.protocol.bridge.BridgeFrame;
import dev.ash.protocol.bridge.FrameCodec;
import dev.ash.protocol.bridge.FrameException;
import dev.ash.protocol.bridge.FrameReader;
import dev.ash.protocol.bridge.NodeFrame;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** Bridges behind Unix sockets, each connection with a few virtual threads. */
public final class UnixBridges implements Bridges {
  private final Settings settings;

  /**
   * How connections behave.
   *
   * @param lease a bridge that was not renewed for this long ends itself; renewed three times in it
   * @param answerWithin for a request whose work is short; commands and listings have more
   * @param neverListed names that no listing holds
   * @param neverSaved names that a listing with digests leaves out as well
   */
  public record Settings(
      Duration lease, Duration answerWithin, List<String> neverListed, List<String> neverSaved) {
    public Settings {
      if (lease.toMillis() < 3) {
        throw new IllegalArgumentException("lease: " + lease + " (expected: 3 ms or more)");
      }
      if (answerWithin.isNegative() || answerWithin.isZero()) {
        throw new IllegalArgumentException("answerWithin: " + answerWithin + " (expected: > 0)");
      }
      neverListed = List.copyOf(neverListed);
      neverSaved = List.copyOf(neverSaved);
    }
  }

  public UnixBridges(Settings settings) {
    this.settings = settings;
  }

  @Override
  public Bridge connect(Path socket, String token, long epoch, Bridge.Listener listener)
      throws IOException, BridgeException {
    var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
    var reader = new FrameReader(channel);
    boolean ready = false;
    // A bridge that does not answer is cut off; closing the channel wakes the reader.
    var late =
        CompletableFuture.runAsync(
            () -> close(channel),
            CompletableFuture.delayedExecutor(
                settings.answerWithin().toMillis(), TimeUnit.MILLISECONDS, ON_VIRTUAL_THREAD));
    try {
      var hello = new NodeFrame.Hello(token, epoch, settings.lease().toMillis());
      var line = ByteBuffer.wrap(FrameCodec.encode(hello));
      while (line.hasRemaining()) {
        channel.write(line);
      }
      expectReady(reader);
      ready = true;
    } catch (FrameException e) {
      throw new BridgeException(BridgeException.Kind.GONE, "bridge: " + e.getMessage());
    } finally {
      late.cancel(false);
      if (!ready) {
        channel.close();
      }
    }
    return BridgeConnection.start(channel, reader, settings, listener);
  }

  private static final Executor ON_VIRTUAL_THREAD = Thread::startVirtualThread;

  private static void close(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void expectReady(FrameReader reader)
      throws IOException, FrameException, BridgeException {
    var line = reader.next();
    if (line == null) {
      throw new BridgeException(BridgeException.Kind.GONE, "bridge: closed the connection");
    }
    switch (FrameCodec.decodeBridgeFrame(line)) {
      case BridgeFrame.Ready _ -> {
        return;
      }
      case BridgeFrame.Failed failed ->
          throw new BridgeException(
              BridgeException.Kind.INVALID, "bridge: " + Claims.text(failed.message()));
      case BridgeFrame.AgentLine _,
          BridgeFrame.AgentLog _,
          BridgeFrame.AgentExited _,
          BridgeFrame.Output _,
          BridgeFrame.ExecResult _,
          BridgeFrame.Entries _,
          BridgeFrame.Data _,
          BridgeFrame.Done _ ->
          throw new BridgeException(BridgeException.Kind.GONE, "bridge: did not say ready");
    }
  }
}
