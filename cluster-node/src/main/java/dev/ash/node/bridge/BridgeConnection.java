package dev.ash.node.bridge;

import dev.ash.protocol.bridge.BridgeFrame;
import dev.ash.protocol.bridge.FrameCodec;
import dev.ash.protocol.bridge.FrameException;
import dev.ash.protocol.bridge.FrameLimits;
import dev.ash.protocol.bridge.FrameReader;
import dev.ash.protocol.bridge.NodeFrame;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection as {@link Bridge}: one virtual thread reads, one writes, one renews the lease. While
 * the listener blocks, answers to requests wait as well. Any frame that is not right closes the
 * connection.
 */
final class BridgeConnection implements Bridge {
  private static final Logger LOG = LoggerFactory.getLogger(BridgeConnection.class);
  private static final Duration LISTING = Duration.ofMinutes(2);
  private static final Duration GOODBYE = Duration.ofSeconds(2);
  private static final String BY_OWNER = "closed by its owner";

  private final SocketChannel channel;
  private final FrameReader reader;
  private final UnixBridges.Settings settings;
  private final Listener listener;
  private final FrameQueue queue;
  private final AgentInput input;
  private final Map<Long, Pending> pending = new ConcurrentHashMap<>();
  private final AtomicLong ids = new AtomicLong();
  private final AtomicReference<@Nullable String> closed = new AtomicReference<>();
  private final CountDownLatch end = new CountDownLatch(1);
  private final CountDownLatch readToTheEnd = new CountDownLatch(1);
  private final AgentWords words;

  private BridgeConnection(
      SocketChannel channel, FrameReader reader, UnixBridges.Settings settings, Listener listener) {
    this.channel = channel;
    this.reader = reader;
    this.settings = settings;
    this.listener = listener;
    this.queue = new FrameQueue(channel);
    this.words = new AgentWords(listener);
    this.input = new AgentInput((data, last) -> plain(id -> new NodeFrame.Line(id, data, last)));
  }

  static BridgeConnection start(
      SocketChannel channel, FrameReader reader, UnixBridges.Settings settings, Listener listener) {
    var connection = new BridgeConnection(channel, reader, settings, listener);
    Thread.ofVirtual().name("bridge-write").start(connection::write);
    Thread.ofVirtual().name("bridge-renew").start(connection::renew);
    Thread.ofVirtual().name("bridge-read").start(connection::read);
    return connection;
  }

  @Override
  public CompletionStage<Void> startAgent(Agent agent) {
    return switch (agent) {
      case Agent.Program program ->
          plain(id -> new NodeFrame.StartProgram(id, program.command(), program.environment()));
      case Agent.Mock(var sessionId) -> plain(id -> new NodeFrame.StartMock(id, sessionId));
    };
  }

  @Override
  public CompletionStage<Void> tellAgent(String line) {
    return input.tell(line);
  }

  @Override
  public CompletionStage<Void> stopAgent(Duration grace) {
    return request(
        new CompletableFuture<Void>(),
        Pending.Plain::new,
        id -> new NodeFrame.StopAgent(id, grace.toMillis()),
        grace.plus(settings.answerWithin()));
  }

  @Override
  public CompletionStage<ExecResult> exec(Exec exec) {
    return request(
        new CompletableFuture<ExecResult>(),
        promise -> new Pending.Command(promise, exec.maxBytes(), exec.room()),
        id ->
            new NodeFrame.Exec(
                id, exec.command(), exec.timeout().toMillis(), exec.environment(), exec.maxBytes()),
        exec.timeout().plus(settings.answerWithin()));
  }

  @Override
  public CompletionStage<Listing> list(boolean withDigests) {
    var skip = new ArrayList<>(settings.neverListed());
    if (withDigests) {
      skip.addAll(settings.neverSaved());
    }
    return request(
        new CompletableFuture<Listing>(),
        Pending.Walk::new,
        id -> new NodeFrame.ListFiles(id, withDigests, skip),
        LISTING);
  }

  @Override
  public CompletionStage<Chunk> read(String path, long offset, int length) {
    int bounded = Math.clamp(length, 0, FrameLimits.DATA);
    return request(
        new CompletableFuture<Chunk>(),
        promise -> new Pending.Part(promise, bounded),
        id -> new NodeFrame.Read(id, path, offset, bounded),
        settings.answerWithin());
  }

  @Override
  public CompletionStage<Void> write(String path, long offset, ByteString bytes, boolean last) {
    if (bytes.size() <= FrameLimits.DATA) {
      return plain(id -> new NodeFrame.Write(id, path, offset, bytes.asByteBuffer(), last));
    }
    // The bridge takes the parts in the order they are sent; the first failure fails the rest.
    var head = write(path, offset, bytes.take(FrameLimits.DATA), false);
    var tail = write(path, offset + FrameLimits.DATA, bytes.drop(FrameLimits.DATA), last);
    return head.thenCompose(_ -> tail);
  }

  @Override
  public CompletionStage<Void> delete(String path) {
    return plain(id -> new NodeFrame.Delete(id, path));
  }

  @Override
  public void close() {
    queue.add(FrameCodec.encode(new NodeFrame.Bye()));
    queue.close();
    end(BY_OWNER);
  }

  private CompletionStage<Void> plain(LongFunction<NodeFrame> frame) {
    return request(
        new CompletableFuture<Void>(), Pending.Plain::new, frame, settings.answerWithin());
  }

  /** Sends a request; its promise is kept until an answer, the time or the end comes. */
  private <T> CompletionStage<T> request(
      CompletableFuture<T> promise,
      Function<CompletableFuture<T>, Pending> kind,
      LongFunction<NodeFrame> frame,
      Duration within) {
    long id = ids.incrementAndGet();
    var asked = kind.apply(promise);
    var line = FrameCodec.encode(frame.apply(id));
    if (line.length > FrameLimits.FRAME) {
      asked.fail(new BridgeException(BridgeException.Kind.INVALID, "request: too large"));
      return promise;
    }
    pending.put(id, asked);
    switch (queue.add(line)) {
      case YES -> {
        var timer = new CompletableFuture<T>().orTimeout(within.toMillis(), TimeUnit.MILLISECONDS);
        var _ = timer.whenComplete((_, e) -> late(id, e));
        var _ = promise.whenComplete((_, _) -> timer.cancel(false));
      }
      case FULL -> withdraw(id, BridgeException.Kind.BUSY, "bridge: does not read its requests");
      case CLOSED -> withdraw(id, BridgeException.Kind.GONE, "bridge: gone");
    }
    if (closed.get() != null) {
      withdraw(id, BridgeException.Kind.GONE, "bridge: gone");
    }
    return promise;
  }

  private void late(long id, @Nullable Throwable e) {
    if (e instanceof TimeoutException) {
      withdraw(id, BridgeException.Kind.BUSY, "bridge: did not answer in time");
    }
  }

  private void withdraw(long id, BridgeException.Kind kind, String message) {
    var asked = pending.remove(id);
    if (asked != null) {
      asked.fail(new BridgeException(kind, message));
    }
  }

  private void read() {
    var reason = "the bridge ended";
    try {
      while (true) {
        var line = reader.next();
        if (line == null) {
          break;
        }
        hear(FrameCodec.decodeBridgeFrame(line));
      }
    } catch (FrameException e) {
      reason = "the bridge sent what is no frame: " + e.getMessage();
      LOG.warn("Closing a bridge connection: {}", reason);
    } catch (IOException e) {
      reason = "the connection broke: " + e.getMessage();
    } catch (InterruptedException e) {
      reason = "interrupted";
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      reason = "a listener failed: " + e;
      LOG.error("Closing a bridge connection", e);
    } finally {
      end(reason);
      readToTheEnd.countDown();
      closeChannel();
      listener.closed(String.valueOf(closed.get()));
    }
  }

  private void hear(BridgeFrame frame) throws FrameException, InterruptedException {
    switch (frame) {
      case BridgeFrame.AgentLine line -> words.line(line);
      case BridgeFrame.AgentLog log -> listener.agentLog(Claims.text(log.text()));
      case BridgeFrame.AgentExited exited -> listener.agentExited(exited.code());
      case BridgeFrame.Output f -> answer(f.id(), f);
      case BridgeFrame.ExecResult f -> answer(f.id(), f);
      case BridgeFrame.Entries f -> answer(f.id(), f);
      case BridgeFrame.Data f -> answer(f.id(), f);
      case BridgeFrame.Done f -> answer(f.id(), f);
      case BridgeFrame.Failed f -> failed(f);
      case BridgeFrame.Ready _ -> throw Claims.bad("ready: (expected: once)");
    }
  }

  private void answer(long id, BridgeFrame frame) throws FrameException {
    var asked = pending.get(id);
    if (asked == null) {
      requireAsked(id);
      return;
    }
    boolean whole;
    try {
      whole = asked.answer(frame);
    } catch (FrameException e) {
      withdraw(id, BridgeException.Kind.GONE, "bridge: " + e.getMessage());
      throw e;
    }
    if (whole) {
      pending.remove(id);
    }
  }

  private void failed(BridgeFrame.Failed failed) throws FrameException {
    requireAsked(failed.id());
    var kind =
        switch (failed.kind()) {
          case NOT_FOUND -> BridgeException.Kind.NOT_FOUND;
          case NOT_A_FILE -> BridgeException.Kind.NOT_A_FILE;
          case OUTSIDE -> BridgeException.Kind.OUTSIDE;
          case INVALID -> BridgeException.Kind.INVALID;
          case NO_SPACE -> BridgeException.Kind.NO_SPACE;
          case BUSY -> BridgeException.Kind.BUSY;
          case FAILED -> BridgeException.Kind.FAILED;
        };
    withdraw(failed.id(), kind, Claims.text(failed.message()));
  }

  /** An answer that comes too late is honest; one to what nobody asked is not. */
  private void requireAsked(long id) throws FrameException {
    if (id < 1 || id > ids.get()) {
      throw Claims.bad("id: (expected: of a request)");
    }
  }

  private void write() {
    try {
      queue.run();
      channel.shutdownOutput();
    } catch (IOException e) {
      end("the connection broke: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void renew() {
    long pause = settings.lease().toMillis() / 3;
    try {
      while (!end.await(pause, TimeUnit.MILLISECONDS)) {
        queue.renew();
      }
      // The bridge says goodbye by closing; one that does not is cut off.
      if (!readToTheEnd.await(GOODBYE.toMillis(), TimeUnit.MILLISECONDS)) {
        closeChannel();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The first reason counts. All that is under way fails. */
  private void end(String reason) {
    if (closed.compareAndSet(null, reason)) {
      queue.close();
      end.countDown();
      for (var id : pending.keySet()) {
        withdraw(id, BridgeException.Kind.GONE, "bridge: " + reason);
      }
      if (!reason.equals(BY_OWNER)) {
        closeChannel();
      }
    }
  }

  private void closeChannel() {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.debug("Closing a bridge connection failed", e);
    }
  }
}
