package dev.ash.client;

import dev.ash.client.http.RetryPolicy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A client of a stub whose waiting takes no time and whose keys count. */
final class Rig implements AutoCloseable {
  final StubServer server = new StubServer();
  final List<Duration> waits = new CopyOnWriteArrayList<>();
  final AtomicInteger reconnects = new AtomicInteger();
  final AshClient ash;

  Rig() {
    this(RetryPolicy.STANDARD);
  }

  Rig(RetryPolicy retries) {
    this(retries, Duration.ofSeconds(30));
  }

  /** One that gives up answers and streams that say nothing for so long. */
  Rig(RetryPolicy retries, Duration longestSilence) {
    var keys = new AtomicInteger();
    ash =
        AshClient.builder(server.url() + "/")
            .key("ash_test")
            .retries(retries)
            .pause(waits::add)
            .random(() -> 0)
            .idempotencyKeys(() -> "key-" + keys.incrementAndGet())
            .longestSilence(longestSilence)
            .longestPause(longestSilence)
            .onReconnect(reconnects::incrementAndGet)
            .build();
  }

  @Override
  public void close() {
    ash.close();
    server.close();
  }
}
