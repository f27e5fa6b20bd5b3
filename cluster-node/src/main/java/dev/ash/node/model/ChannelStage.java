package dev.ash.node.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import org.apache.pekko.japi.function.Procedure;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.util.ByteString;

/**
 * A connected socket as a flow: bytes for the peer go in, the peer's bytes come out. One virtual
 * thread reads and one writes; both end with the stage, which closes the socket.
 *
 * <p>It reads a few buffers ahead of demand: the HTTP server asks for nothing while it answers, and
 * the peer's leaving must be seen all the same. A peer that sends nothing more has left;
 * half-closed connections are not waited for, because a call that nobody reads costs money.
 */
final class ChannelStage extends GraphStage<FlowShape<ByteString, ByteString>> {
  private static final int BUFFER = 16 * 1024;
  private static final int READ_AHEAD = 4;

  private final Inlet<ByteString> in = Inlet.create("ChannelStage.in");
  private final Outlet<ByteString> out = Outlet.create("ChannelStage.out");
  private final FlowShape<ByteString, ByteString> shape = FlowShape.of(in, out);
  private final SocketChannel channel;
  private final Runnable gone;

  /**
   * @param gone called when the connection has ended, for whatever reason
   */
  ChannelStage(SocketChannel channel, Runnable gone) {
    this.channel = channel;
    this.gone = gone;
  }

  @Override
  public FlowShape<ByteString, ByteString> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  private final class Logic extends GraphStageLogic {
    private final Semaphore readAhead = new Semaphore(READ_AHEAD);
    private final LinkedBlockingQueue<Optional<ByteString>> outgoing = new LinkedBlockingQueue<>();
    private final Queue<ByteString> incoming = new ArrayDeque<>();

    Logic() {
      super(shape);
      setHandler(
          out,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              deliver();
            }
          });
      setHandler(
          in,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              outgoing.add(Optional.of(grab(in)));
            }

            @Override
            public void onUpstreamFinish() {
              outgoing.add(Optional.empty());
            }
          });
    }

    @Override
    public void preStart() {
      // When the server has said its last, the writer still has to write it; its end is the
      // stage's.
      setKeepGoing(true);
      var read = this.<ByteString>callback(this::received);
      var end = this.<Optional<IOException>>callback(this::ended);
      var written = this.<Boolean>callback(this::written);
      Thread.ofVirtual().name("model-read").start(() -> read(read, end));
      Thread.ofVirtual().name("model-write").start(() -> write(written, end));
      pull(in);
    }

    @Override
    public void postStop() throws IOException {
      gone.run();
      channel.close();
      readAhead.release();
      outgoing.add(Optional.empty());
    }

    private <T> AsyncCallback<T> callback(Procedure<T> handler) {
      return createAsyncCallback(handler);
    }

    private void received(ByteString bytes) {
      incoming.add(bytes);
      deliver();
    }

    private void ended(Optional<IOException> failure) {
      if (failure.isPresent()) {
        failStage(failure.get());
      } else {
        completeStage();
      }
    }

    private void written(boolean last) {
      if (last) {
        completeStage();
      } else if (!isClosed(in)) {
        pull(in);
      }
    }

    private void deliver() {
      if (!isAvailable(out)) {
        return;
      }
      var next = incoming.poll();
      if (next != null) {
        push(out, next);
        readAhead.release();
      }
    }

    private void read(AsyncCallback<ByteString> read, AsyncCallback<Optional<IOException>> end) {
      var buffer = ByteBuffer.allocate(BUFFER);
      try {
        while (true) {
          readAhead.acquire();
          if (channel.read(buffer.clear()) < 0) {
            end.invoke(Optional.empty());
            return;
          }
          read.invoke(ByteString.fromByteBuffer(buffer.flip()));
        }
      } catch (IOException e) {
        end.invoke(Optional.of(e));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void write(AsyncCallback<Boolean> written, AsyncCallback<Optional<IOException>> end) {
      try {
        while (true) {
          var bytes = outgoing.take();
          if (bytes.isEmpty()) {
            written.invoke(true);
            return;
          }
          for (var buffer : bytes.get().getByteBuffers()) {
            while (buffer.hasRemaining()) {
              channel.write(buffer);
            }
          }
          written.invoke(false);
        }
      } catch (IOException e) {
        end.invoke(Optional.of(e));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
