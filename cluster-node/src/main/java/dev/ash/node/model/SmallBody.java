package dev.ash.node.model;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** Bodies that are held as a whole, because they are small or cut to be so. */
final class SmallBody {
  private static final int MOST = 64 << 10;
  private static final Duration LONGEST = Duration.ofSeconds(10);

  private SmallBody() {}

  /** Reads the beginning of a body, or what came of it until it broke off or stopped coming. */
  static CompletionStage<byte[]> read(Flow.Publisher<List<ByteBuffer>> body) {
    var held = new ByteArrayOutputStream();
    var over = new CompletableFuture<Boolean>();
    var reading = new AtomicReference<Flow.Subscription>();
    body.subscribe(
        new Flow.Subscriber<>() {
          @Override
          public void onSubscribe(Flow.Subscription subscription) {
            reading.set(subscription);
            subscription.request(Long.MAX_VALUE);
          }

          @Override
          public void onNext(List<ByteBuffer> item) {
            synchronized (held) {
              for (var buffer : item) {
                var bytes = new byte[Math.min(buffer.remaining(), MOST - held.size())];
                buffer.get(bytes);
                held.write(bytes, 0, bytes.length);
              }
              if (held.size() == MOST) {
                over.complete(true);
              }
            }
          }

          @Override
          public void onError(Throwable failure) {
            over.complete(true);
          }

          @Override
          public void onComplete() {
            over.complete(true);
          }
        });
    return over.completeOnTimeout(true, LONGEST.toSeconds(), TimeUnit.SECONDS)
        .thenApply(
            _ -> {
              var subscription = reading.get();
              if (subscription != null) {
                subscription.cancel();
              }
              synchronized (held) {
                return held.toByteArray();
              }
            });
  }

  /** A body of these bytes, for one reader. */
  static Flow.Publisher<List<ByteBuffer>> of(byte[] bytes) {
    return reader ->
        reader.onSubscribe(
            new Flow.Subscription() {
              private boolean done;

              @Override
              public void request(long n) {
                if (!done) {
                  done = true;
                  reader.onNext(List.of(ByteBuffer.wrap(bytes)));
                  reader.onComplete();
                }
              }

              @Override
              public void cancel() {
                done = true;
              }
            });
  }
}
