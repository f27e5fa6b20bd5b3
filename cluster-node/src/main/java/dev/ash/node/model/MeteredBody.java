package dev.ash.node.model;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** The body of an answer that shows its pieces as they pass and tells once how it ended. */
final class MeteredBody implements Flow.Publisher<List<ByteBuffer>> {
  private final Flow.Publisher<List<ByteBuffer>> body;
  private final Consumer<List<ByteBuffer>> passed;
  private final Consumer<End> ended;
  private final AtomicBoolean over = new AtomicBoolean();

  enum End {
    WHOLE,
    BROKEN,
    CANCELLED
  }

  /**
   * @param passed sees every piece before the reader does, and leaves the buffers as they are
   */
  MeteredBody(
      Flow.Publisher<List<ByteBuffer>> body,
      Consumer<List<ByteBuffer>> passed,
      Consumer<End> ended) {
    this.body = body;
    this.passed = passed;
    this.ended = ended;
  }

  @Override
  public void subscribe(Flow.Subscriber<? super List<ByteBuffer>> reader) {
    body.subscribe(
        new Flow.Subscriber<>() {
          @Override
          public void onSubscribe(Flow.Subscription subscription) {
            reader.onSubscribe(
                new Flow.Subscription() {
                  @Override
                  public void request(long n) {
                    subscription.request(n);
                  }

                  @Override
                  public void cancel() {
                    end(End.CANCELLED);
                    subscription.cancel();
                  }
                });
          }

          @Override
          public void onNext(List<ByteBuffer> item) {
            passed.accept(item);
            reader.onNext(item);
          }

          @Override
          public void onError(Throwable failure) {
            end(End.BROKEN);
            reader.onError(failure);
          }

          @Override
          public void onComplete() {
            end(End.WHOLE);
            reader.onComplete();
          }
        });
  }

  private void end(End how) {
    if (over.compareAndSet(false, true)) {
      ended.accept(how);
    }
  }
}
