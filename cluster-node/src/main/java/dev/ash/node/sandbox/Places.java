package dev.ash.node.sandbox;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * How many sandboxes this node holds at once, and who gives way when it is full: the one that has
 * been idle for longest. Thread-safe; nothing here blocks.
 */
public final class Places {

  /** A sandbox's right to exist; closing it makes room. */
  public final class Place implements AutoCloseable {
    private final Runnable evict;
    private State state = State.STARTING;
    private Instant since;
    private boolean evicting;

    private Place(Runnable evict) {
      this.evict = evict;
      this.since = clock.instant();
    }

    /** Works on a turn; is not asked to give way. */
    public void busy() {
      enter(State.RUNNING);
    }

    /** Has worked and waits; may be asked to give way. */
    public void idle() {
      enter(State.WAITING);
    }

    /** Is ready and has not worked yet; may be asked to give way. */
    public void ready() {
      enter(State.WARM);
    }

    private void enter(State next) {
      synchronized (Places.this) {
        state = next;
        since = clock.instant();
        // Who went back to work did not give way, and does not count as leaving any more.
        evicting = false;
      }
      serveWaiting();
    }

    @Override
    public void close() {
      synchronized (Places.this) {
        taken.remove(this);
      }
      serveWaiting();
    }
  }

  /** What a sandbox is doing. */
  public enum State {
    STARTING,
    WARM,
    WAITING,
    RUNNING
  }

  private record Waiting(CompletableFuture<Place> place, Runnable evict) {}

  private final int capacity;
  private final InstantSource clock;
  private final Set<Place> taken = new HashSet<>();
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();

  public Places(int capacity, InstantSource clock) {
    this.capacity = capacity;
    this.clock = clock;
  }

  /** A place if one is free without anybody having to give way. */
  public synchronized Optional<Place> tryTake(Runnable evict) {
    return taken.size() < capacity && waiting.isEmpty()
        ? Optional.of(add(evict))
        : Optional.empty();
  }

  /**
   * A place as soon as there is one; the caller bounds its patience and cancels.
   *
   * @param evict called, from any thread, when the place should be given up; its owner then ends
   *     the sandbox and closes the place
   */
  public CompletionStage<Place> take(Runnable evict) {
    var wanted = new Waiting(new CompletableFuture<>(), evict);
    synchronized (this) {
      if (taken.size() < capacity && waiting.isEmpty()) {
        wanted.place().complete(add(evict));
        return wanted.place();
      }
      waiting.add(wanted);
    }
    serveWaiting();
    return wanted.place();
  }

  public synchronized int count(State state) {
    return (int) taken.stream().filter(place -> place.state == state).count();
  }

  public int capacity() {
    return capacity;
  }

  private Place add(Runnable evict) {
    var place = new Place(evict);
    taken.add(place);
    return place;
  }

  private static boolean mayGive(Place place) {
    return (place.state == State.WARM || place.state == State.WAITING) && !place.evicting;
  }

  /** Gives free places to those that wait, and asks idle ones to give way for the rest. */
  private void serveWaiting() {
    while (true) {
      Runnable action;
      synchronized (this) {
        waiting.removeIf(w -> w.place().isDone());
        if (waiting.isEmpty()) {
          return;
        }
        if (taken.size() < capacity) {
          var next = waiting.remove();
          var place = add(next.evict());
          action =
              () -> {
                if (!next.place().complete(place)) {
                  place.close();
                }
              };
        } else {
          var leaving = taken.stream().filter(place -> place.evicting).count();
          var victim =
              taken.stream()
                  .filter(Places::mayGive)
                  .min(Comparator.comparing((Place place) -> place.since));
          if (leaving >= waiting.size() || victim.isEmpty()) {
            return;
          }
          victim.get().evicting = true;
          action = victim.get().evict;
        }
      }
      action.run();
    }
  }
}
