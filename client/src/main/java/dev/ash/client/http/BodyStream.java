package dev.ash.client.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A body that is read while it comes, by one thread, and given up when nothing comes for too long:
 * a machine that is gone says nothing, not even that it is. What comes is asked for piece by piece,
 * so no more than one piece waits here.
 */
final class BodyStream extends InputStream implements BodySubscriber<InputStream> {
  private final Duration longestPause;
  private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
  private final CompletableFuture<Subscription> source = new CompletableFuture<>();
  private volatile boolean closed;

  /** The piece that is being read, and the bytes of it that are. */
  private List<ByteBuffer> piece = List.of();

  private int at;
  private boolean ended;

  private sealed interface Signal {
    record Piece(List<ByteBuffer> buffers) implements Signal {}

    record End() implements Signal {}

    record Broken(Throwable cause) implements Signal {}
  }

  /**
   * One body.
   *
   * @param longestPause how long the next bytes may take
   */
  BodyStream(Duration longestPause) {
    this.longestPause = longestPause;
  }

  @Override
  public CompletionStage<InputStream> getBody() {
    return CompletableFuture.completedStage(this);
  }

  @Override
  public void onSubscribe(Subscription subscription) {
    if (closed || !source.complete(subscription)) {
      subscription.cancel();
      return;
    }
    subscription.request(1);
    if (closed) {
      subscription.cancel();
    }
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    signals.add(new Signal.Piece(buffers));
  }

  @Override
  public void onError(Throwable cause) {
    signals.add(new Signal.Broken(cause));
  }

  @Override
  public void onComplete() {
    signals.add(new Signal.End());
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  /**
   * Waits for at least one byte.
   *
   * @throws HttpTimeoutException when none came in time
   * @throws InterruptedIOException when the thread was interrupted; it still is
   * @throws IOException when the connection broke, or the stream was closed
   */
  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    while (true) {
      if (closed) {
        throw new IOException("closed");
      }
      for (; at < piece.size(); at++) {
        var buffer = piece.get(at);
        if (buffer.hasRemaining()) {
          var count = Math.min(length, buffer.remaining());
          buffer.get(target, offset, count);
          return count;
        }
      }
      if (ended) {
        return -1;
      }
      take(next());
    }
  }

  private void take(Signal signal) throws IOException {
    switch (signal) {
      case Signal.Piece(var buffers) -> {
        piece = buffers;
        at = 0;
        source.join().request(1);
      }
      case Signal.End() -> ended = true;
      case Signal.Broken(var cause) ->
          throw cause instanceof IOException io ? io : new IOException(cause.toString(), cause);
    }
  }

  private Signal next() throws IOException {
    try {
      var signal = signals.poll(longestPause.toMillis(), TimeUnit.MILLISECONDS);
      if (signal != null) {
        return signal;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      close();
      throw (InterruptedIOException) new InterruptedIOException("interrupted").initCause(e);
    }
    close();
    throw new HttpTimeoutException("nothing came for " + longestPause.toMillis() + " ms");
  }

  /** Ends the connection if the body has not ended, and whoever reads it. */
  @Override
  public void close() {
    closed = true;
    if (!ended) {
      var _ = source.thenAccept(Subscription::cancel);
    }
    signals.add(new Signal.End());
  }
}
