package dev.ash.gateway.audit;

import dev.ash.gateway.audit.UsageReport.By;
import dev.ash.gateway.audit.UsageReport.Sum;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
  private static final int ROUNDS = 3;

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
      return consumer.filter(name -> !name.equals(cell.consumer())).isEmpty()
          && from.filter(day -> cell.day().compareTo(day) < 0).isEmpty()
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
   */
  public record Sums(SortedMap<List<String>, Sum> rows, Sum total, Missed missed) {}

  /** Lines that were not counted, as {@link UsageReport} tells them apart. */
  public record Missed(long unreadable, long lost, long foreign) {
    static final Missed NONE = new Missed(0, 0, 0);

    Missed plus(Missed other) {
      return new Missed(unreadable + other.unreadable, lost + other.lost, foreign + other.foreign);
    }
  }

  private final int most;
  private final Object filesLock = new Object();
  private Map<Object, LoggedFile> files = new HashMap<>();
  private @Nullable CompletableFuture<Void> reading;
  private volatile boolean closed;

  public UsageLedger() {
    this(LoggedFile.MOST_CELLS);
  }

  UsageLedger(int mostCells) {
    this.most = mostCells;
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
      reading(log).get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException _) {
      return Optional.empty();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    }
    return Optional.of(answer(query));
  }

  private synchronized CompletableFuture<Void> reading(Path log) {
    if (reading != null && !reading.isDone()) {
      return reading;
    }
    var next = new CompletableFuture<Void>();
    reading = next;
    // Not a virtual one: parsing a long log would keep those that serve calls off their carriers.
    Thread.ofPlatform()
        .daemon()
        .name("gateway-usage")
        .start(
            () -> {
              try {
                read(log);
                next.complete(null);
              } catch (IOException | RuntimeException e) {
                next.completeExceptionally(e);
              } finally {
                // Whatever else ended it: nobody is to wait for a reading that is over.
                next.completeExceptionally(new IOException(log + ": reading it ended early"));
              }
            });
    return next;
  }

  private void read(Path log) throws IOException {
    var known = new HashSet<>();
    for (var round = 0; round < ROUNDS; round++) {
      var listed = LoggedFile.listed(log);
      if (known.containsAll(listed.keySet()) && round > 0) {
        break;
      }
      for (var entry : listed.entrySet()) {
        bring(entry.getKey(), entry.getValue());
        known.add(entry.getKey());
      }
      synchronized (filesLock) {
        files.keySet().retainAll(listed.keySet());
      }
    }
  }

  private void bring(Object identity, Path path) throws IOException {
    LoggedFile file;
    synchronized (filesLock) {
      file = files.get(identity);
    }
    if (file == null || !file.goesOnIn(path)) {
      file = new LoggedFile();
      synchronized (filesLock) {
        files.put(identity, file);
      }
    }
    file.read(path, this::room, () -> closed);
  }

  /** How many sums there is room for. */
  private int room() {
    synchronized (filesLock) {
      return most - files.values().stream().mapToInt(LoggedFile::size).sum();
    }
  }

  private Sums answer(Query query) {
    var rows = new TreeMap<List<String>, Sum>(UsageReport.ORDER);
    var total = Sum.NONE;
    var missed = Missed.NONE;
    List<LoggedFile> all;
    synchronized (filesLock) {
      all = List.copyOf(files.values());
    }
    for (var file : all) {
      for (var cell : file.cells().entrySet()) {
        if (query.wants(cell.getKey())) {
          rows.merge(query.row(cell.getKey()), cell.getValue(), Sum::plus);
          total = total.plus(cell.getValue());
        }
      }
      missed = missed.plus(file.missed());
    }
    return new Sums(rows, total, missed);
  }

  /** Ends a reading that is under way. */
  @Override
  public void close() {
    closed = true;
  }
}
