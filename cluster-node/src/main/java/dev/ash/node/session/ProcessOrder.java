package dev.ash.node.session;

import dev.ash.node.sandbox.Places.Place;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A process that was asked for and is not there yet. Whoever asked may withdraw at any time: then
 * the place is given back, and a process that comes all the same is ended by whoever made it.
 */
final class ProcessOrder {
  private final CompletableFuture<Place> place;
  private boolean withdrawn;
  private Optional<LiveProcess> made = Optional.empty();

  ProcessOrder(CompletableFuture<Place> place) {
    this.place = place;
  }

  CompletableFuture<Place> place() {
    return place;
  }

  /** False when nobody wants the process any more; the caller then closes it. */
  synchronized boolean deliver(LiveProcess process) {
    if (!withdrawn) {
      made = Optional.of(process);
    }
    return !withdrawn;
  }

  /** The process has an owner now, and is not the order's to end. */
  synchronized void taken() {
    made = Optional.empty();
  }

  /** Blocks for some milliseconds when the process was made and not taken. */
  void withdraw() {
    place.cancel(false);
    Optional<LiveProcess> left;
    synchronized (this) {
      withdrawn = true;
      left = made;
      made = Optional.empty();
    }
    left.ifPresent(LiveProcess::close);
  }
}
