package dev.ash.bridge;

import dev.ash.protocol.bridge.BridgeFrame;
import dev.ash.protocol.bridge.BridgeFrame.Failure;
import dev.ash.protocol.bridge.FrameCodec;
import dev.ash.protocol.bridge.FrameException;
import dev.ash.protocol.bridge.FrameReader;
import dev.ash.protocol.bridge.NodeFrame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/**
 * One node's connection. Its reading thread does what is short itself (so that parts of a file stay
 * in order) and has the rest done beside it; it never waits for the node to read.
 */
final class Connection implements Runnable {
  private final SocketChannel channel;
  private final BridgeServer server;
  private final BridgeParts parts;
  private final Outbox outbox;
  private final Requests requests;

  Connection(SocketChannel channel, BridgeServer server, BridgeParts parts) {
    this.channel = channel;
    this.server = server;
    this.parts = parts;
    this.outbox = new Outbox(channel);
    this.requests = new Requests(parts.files(), outbox);
  }

  Outbox outbox() {
    return outbox;
  }

  @Override
  public void run() {
    try {
      var reader = new FrameReader(channel);
      if (admitted(reader)) {
        Threads.start("writer", outbox::run);
        outbox.offer(new BridgeFrame.Ready(ProcessHandle.current().pid()));
        boolean more = true;
        while (more) {
          var line = reader.next();
          more = line != null && handle(FrameCodec.decodeNodeFrame(line));
        }
      }
    } catch (IOException | FrameException e) {
      // Whatever ended the connection, its end is what counts.
      outbox.close();
    } finally {
      server.left(this);
      close();
    }
  }

  private boolean admitted(FrameReader reader) throws IOException, FrameException {
    var line = reader.next();
    if (line == null || !(FrameCodec.decodeNodeFrame(line) instanceof NodeFrame.Hello hello)) {
      return false;
    }
    var refusal = server.admit(this, hello);
    if (refusal.isPresent()) {
      channel.write(ByteBuffer.wrap(FrameCodec.encode(BridgeServer.refusal(refusal.get()))));
    }
    return refusal.isEmpty();
  }

  /** Does what a frame asks for. False when the owner takes its leave. */
  private boolean handle(NodeFrame frame) throws FrameException {
    switch (frame) {
      case NodeFrame.Hello _ ->
          throw new FrameException(FrameException.Reason.BAD_VALUE, "hello: (expected: once)");
      case NodeFrame.Renew() -> server.renew(this);
      case NodeFrame.StartProgram start -> now(start.id(), () -> parts.agent().start(start));
      case NodeFrame.StartMock start -> now(start.id(), () -> parts.agent().start(start));
      case NodeFrame.Line line -> line(line);
      case NodeFrame.StopAgent stop ->
          requests.start(
              stop.id(),
              () -> {
                parts.agent().stop(Duration.ofMillis(stop.graceMs()));
                outbox.offer(new BridgeFrame.Done(stop.id()));
              });
      case NodeFrame.Exec exec ->
          requests.start(exec.id(), () -> parts.commands().run(exec, outbox));
      case NodeFrame.ListFiles list ->
          requests.read(
              list.id(),
              () ->
                  new WorkspaceListing(parts.workspace().root(), list, parts.digests(), outbox)
                      .run());
      case NodeFrame.Read read ->
          requests.read(read.id(), () -> outbox.put(parts.workspace().read(read)));
      case NodeFrame.Write write -> now(write.id(), () -> parts.workspace().write(write));
      case NodeFrame.Delete delete -> now(delete.id(), () -> parts.workspace().delete(delete));
      case NodeFrame.Bye() -> {
        return false;
      }
    }
    return true;
  }

  private void line(NodeFrame.Line line) {
    try {
      parts.agent().line(line, () -> outbox.offer(new BridgeFrame.Done(line.id())));
    } catch (RequestException e) {
      outbox.offer(Requests.failed(line.id(), e));
    }
  }

  private void now(long id, Requests.Work work) {
    outbox.offer(outcome(id, work));
  }

  private static BridgeFrame outcome(long id, Requests.Work work) {
    try {
      work.run();
      return new BridgeFrame.Done(id);
    } catch (RequestException e) {
      return Requests.failed(id, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new BridgeFrame.Failed(id, Failure.FAILED, "interrupted");
    }
  }

  void close() {
    outbox.close();
    try {
      channel.close();
    } catch (IOException e) {
      // It is gone either way.
      return;
    }
  }
}
