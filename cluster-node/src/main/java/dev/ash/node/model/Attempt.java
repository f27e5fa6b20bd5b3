package dev.ash.node.model;

import dev.ash.node.model.Forwarding.Sent;
import dev.ash.node.telemetry.Metrics;
import dev.ash.node.telemetry.ModelAttempt;
import dev.ash.node.telemetry.ModelAttempt.Outcome;
import dev.ash.persistence.table.ModelCall.Usage;
import java.time.Instant;
import java.time.InstantSource;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;

/** A sending of a call that is under way; told once, when it is over. Any thread. */
final class Attempt {
  private final Telling telling;
  private final Guest guest;
  private final Sent sent;
  private final Upstream upstream;
  private final int number;
  private final Instant began;
  private final AtomicBoolean over = new AtomicBoolean();
  private volatile OptionalInt status = OptionalInt.empty();

  /** Whom attempts are told to, and by which clock. */
  record Telling(Metrics metrics, InstantSource clock) {
    /**
     * Begins one.
     *
     * @param number from 1, in the order in which the call was sent
     */
    Attempt begin(Guest guest, Sent sent, Upstream upstream, int number) {
      return new Attempt(this, guest, sent, upstream, number);
    }
  }

  private Attempt(Telling telling, Guest guest, Sent sent, Upstream upstream, int number) {
    this.telling = telling;
    this.guest = guest;
    this.sent = sent;
    this.upstream = upstream;
    this.number = number;
    this.began = telling.clock().instant();
  }

  void answered(int code) {
    status = OptionalInt.of(code);
  }

  void end(Outcome outcome, Usage usage) {
    if (over.compareAndSet(false, true)) {
      telling
          .metrics()
          .modelAttempted(
              new ModelAttempt(
                  guest.account().session(),
                  sent.body().model(),
                  upstream.kind(),
                  upstream.name(),
                  number,
                  status,
                  outcome,
                  usage,
                  began,
                  telling.clock().instant()));
    }
  }
}
