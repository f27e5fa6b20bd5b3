package dev.ash.gateway.audit;

import dev.ash.gateway.audit.UsageReport.By;
import dev.ash.gateway.audit.UsageReport.Sum;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What the files of a log add up to, kept per consumer, model and day, so that a question reads
 * only what came since the last one. A file that is only renamed is not read again. One thread of
 * its own reads; whoever asks waits for it for a while. Safe for any thread.
 */
public final class UsageLedger implements AutoCloseable {
  /** How often a list of files is looked at again because one was moved away meanwhile. */
  private static final int ROUNDS = 5;

  /**
   * Which sums are wanted.
   *
   * @param from the first day, such as {@code 2026-11-01}; empty for all before
   * @param to the last day; empty for all behind
   */
  public record Query(
      List<By> by, Optional<String> from, Optional<String> to, Optional<String> consumer) {
    public Query {
      by = List.copyOf(by);
    }

    private boolean wants(LoggedFile.Cell cell) {
      return consumer.filter(name -> !name.equals(cell.consumer())).isEmpty() && wantsDay(cell);
    }

    private boolean wantsDay(LoggedFile.Cell cell) {
      return from.filter(day -> cell.day().compareTo(day) < 0).isEmpty()
          && to.filter(day -> cell.day().compareTo(day) > 0).isEmpty();
    }

    private List<String> row(LoggedFile.Cell cell) {
      return by.stream()
          .map(
              one ->
                  switch (one) {
                    case CONSUMER -> cell.consumer();
                    case MODEL -> cell.model();
                    case DAY -> cell.day();
                  })
          .toList();
    }
  }

  /**
   * An answer.
   *
   * @param rows by what they are for, in the order of {@code by}
   * @param missed lines of the whole log that are in no sum
   * @param folded requests of these days for which there was no room: they are in no consumer's own
   *     row
   * @param damaged files that are counted up to a damage only
   */
  public record Sums(
      SortedMap<List<String>, Sum> rows,
      Sum total,
      Missed missed,
      long folded,
      List<String> damaged) {
    public Sums {
      damaged = List.copyOf(damaged);
    }

    /** Whether a consumer's usage may be more than its rows say. */
    public boolean isPartial() {
      return folded > 0 || !damaged.isEmpty();
    }
  }

  /** Lines that were not counted, as {@link UsageReport} tells them apart. */
  public record Missed(long unreadable, long lost, long foreign) {
    static final Missed NONE = new Missed(0, 0, 0);

    Missed plus(Missed other) {
      return new Missed(unreadable + other.unreadable, lost + other.lost, foreign + other.foreign);
    }
  }

  /** What the files added up to when all had been read. */
  private record State(Map<LoggedFile.Cell, Sum> cells, Missed missed, List<String> damaged) {}

  private final CellRoom room;

  /** Of the one thread that reads. */
  private final Map<Object, LoggedFile> files = new HashMap<>();

  private @Nullable CompletableFuture<State> reading;
  private volatile boolean closed;

  public UsageLedger() {
    this(LoggedFile.MOST_CELLS);
  }

  UsageLedger(int mostCells) {
    this.room = new CellRoom(mostCells);
  }

  /**
   * What the log says up to now.
   *
   * @return empty where reading it takes longer than that; it goes on, so ask again
   * @throws IOException a file of it cannot be read; the message says which
   */
  public Optional<Sums> sums(Path log, Query query, Duration patience)
      throws IOException, InterruptedException {
    try {
      return Optional.of(
          answer(query, reading(log).get(patience.toMillis(), TimeUnit.MILLISECONDS)));
    } catch (TimeoutException _) {
      return Optional.empty();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    }
  }

  private synchronized CompletableFuture<State> reading(Path log) {
    if (reading != null && !reading.isDone()) {
      return reading;
    }
    var next = new CompletableFuture<State>();
    reading = next;
    // Not a virtual one: parsing a long log would keep those that serve calls off their carriers.
    Thread.ofPlatform()
        .daemon()
        .name("gateway-usage")
        .start(
            () -> {
              try {
                next.complete(read(log));
              } catch (IOException | RuntimeException e) {
                next.completeExceptionally(e);
              } finally {
                // Whatever else ended it: nobody is to wait for a reading that is over.
                next.completeExceptionally(new IOException(log + ": reading it ended early"));
                over();
              }
            });
    return next;
  }

  /** Its answer is as long as the log: nobody keeps it who does not wait for it. */
  private synchronized void over() {
    if (reading != null && reading.isDone()) {
      reading = null;
    }
  }

  private State read(Path log) throws IOException {
    Map<Object, Path> listed = Map.of();
    for (var round = 0; round < ROUNDS; round++) {
      var before = listed;
      listed = LoggedFile.listed(log);
      // A file that was renamed in between may have been read as another.
      if (round > 0 && listed.equals(before)) {
        break;
      }
      for (var gone : Set.copyOf(files.keySet())) {
        if (!listed.containsKey(gone)) {
          forget(gone);
        }
      }
      for (var entry : listed.entrySet()) {
        bring(entry.getKey(), entry.getValue());
      }
    }
    var cells = new HashMap<LoggedFile.Cell, Sum>();
    var missed = Missed.NONE;
    var damaged = new ArrayList<String>();
    for (var entry : files.entrySet()) {
      var file = entry.getValue();
      file.cells().forEach((cell, sum) -> cells.merge(cell, sum, Sum::plus));
      missed = missed.plus(file.missed());
      var path = listed.get(entry.getKey());
      if (file.isDamaged() && path != null) {
        damaged.add(String.valueOf(path.getFileName()));
      }
    }
    Collections.sort(damaged);
    return new State(Collections.unmodifiableMap(cells), missed, List.copyOf(damaged));
  }

  private void forget(Object identity) {
    var gone = files.remove(identity);
    if (gone != null) {
      gone.forget();
    }
  }

  private void bring(Object identity, Path path) throws IOException {
    var file = files.get(identity);
    if (file == null || !file.goesOnIn(path)) {
      forget(identity);
      file = new LoggedFile(room);
      files.put(identity, file);
    }
    file.read(path, () -> closed);
  }

  private static Sums answer(Query query, State state) {
    var rows = new TreeMap<List<String>, Sum>(UsageReport.ORDER);
    var total = Sum.NONE;
    var folded = 0L;
    for (var entry : state.cells().entrySet()) {
      var cell = entry.getKey();
      if (query.wants(cell)) {
        rows.merge(query.row(cell), entry.getValue(), Sum::plus);
        total = total.plus(entry.getValue());
      }
      if (cell.consumer().equals(LoggedFile.OTHER) && query.wantsDay(cell)) {
        folded += entry.getValue().requests();
      }
    }
    return new Sums(rows, total, state.missed(), folded, state.damaged());
  }

  /** Ends a reading that is under way. */
  @Override
  public void close() {
    closed = true;
  }
}
