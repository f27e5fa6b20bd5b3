package dev.ash.gateway.audit;

import dev.ash.gateway.audit.UsageLedger.Missed;
import dev.ash.gateway.audit.UsageReport.By;
import dev.ash.gateway.audit.UsageReport.Sum;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/** One file of a log and what it adds up to so far. Read by one thread, asked by any. */
final class LoggedFile {
  /** A few years of a hundred consumers; some 40 MB. */
  static final int MOST_CELLS = 100_000;

  /** A caller chooses the names of models: of one consumer's day no more are told apart. */
  static final int MOST_MODELS = 100;

  static final String OTHER = "(others)";

  private static final int HEAD = 512;

  /** What sums are kept for. */
  record Cell(String consumer, String model, String day) {
    private Cell ofOtherModels() {
      return new Cell(consumer, OTHER, day);
    }

    private Cell ofOthers() {
      return new Cell(OTHER, OTHER, day);
    }
  }

  private record Day(String consumer, String day) {}

  private final Map<Cell, Sum> cells = new HashMap<>();
  private final Map<Day, Integer> models = new HashMap<>();
  private final UsageLines lines = new UsageLines();
  private Missed missed = Missed.NONE;
  private byte[] head = {};
  private long read;

  /** What a packed file was when it was read; it is not added to. */
  private String packed = "";

  /** The files that there are, by what they are however they are called. */
  static Map<Object, Path> listed(Path log) throws IOException {
    var found = new LinkedHashMap<Object, Path>();
    for (var file : AuditFiles.ofLog(log)) {
      try {
        var key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
        found.putIfAbsent(key == null ? file : key, file);
      } catch (NoSuchFileException _) {
        // Moved away since; the list is made again.
      }
    }
    return found;
  }

  /** Whether a file begins with what was read, so that only its end is new. */
  boolean goesOnIn(Path path) throws IOException {
    if (AuditFiles.isPacked(path)) {
      return packed.equals(version(path));
    }
    try (var in = Files.newInputStream(path)) {
      return packed.isEmpty()
          && Files.size(path) >= read
          && Arrays.equals(in.readNBytes(head.length), head);
    } catch (NoSuchFileException _) {
      return true;
    }
  }

  /**
   * Reads what is new, up to the last line's end.
   *
   * @param room for how many more sums there is room
   */
  void read(Path path, IntSupplier room, BooleanSupplier stop) throws IOException {
    try {
      if (!AuditFiles.isPacked(path)) {
        readPlain(path, room, stop);
      } else if (packed.isEmpty()) {
        var version = version(path);
        try (var in = AuditFiles.open(path)) {
          readAll(new Lines(in), room, stop);
        }
        packed = version;
      }
    } catch (NoSuchFileException _) {
      // Moved away since; the list is made again.
    } catch (IOException e) {
      throw new IOException(path + ": " + e.getMessage(), e);
    }
  }

  private void readPlain(Path path, IntSupplier room, BooleanSupplier stop) throws IOException {
    try (var channel = FileChannel.open(path, StandardOpenOption.READ)) {
      readAll(new Lines(Channels.newInputStream(channel.position(read))), room, stop);
    }
    if (head.length < HEAD && head.length < read) {
      try (var in = Files.newInputStream(path)) {
        head = in.readNBytes((int) Math.min(HEAD, read));
      }
    }
  }

  private void readAll(Lines from, IntSupplier room, BooleanSupplier stop) throws IOException {
    // Asked once: other files do not grow meanwhile.
    var left = room.getAsInt();
    for (var line = from.next(); line.isPresent(); line = from.next()) {
      if (stop.getAsBoolean()) {
        throw new InterruptedIOException("the gateway is stopping");
      }
      if (line.get().whole() && !line.get().ended()) {
        // It is being written just now.
        return;
      }
      left -= take(line.get().bytes(), left);
      read += line.get().bytes().length + (line.get().ended() ? 1 : 0);
    }
  }

  /** Counts a line and says how many sums became more. */
  private synchronized int take(byte[] bytes, int left) {
    var before = cells.size();
    switch (lines.kind(bytes)) {
      case UsageLines.Kind.Call(var call) ->
          cells.merge(
              cell(new Cell(By.CONSUMER.of(call), By.MODEL.of(call), By.DAY.of(call)), left),
              Sum.NONE.plus(call),
              (sum, _) -> sum.plus(call));
      case UsageLines.Kind.Lost(var count) -> missed = missed.plus(new Missed(0, count, 0));
      case UsageLines.Kind.Foreign() -> missed = missed.plus(new Missed(0, 0, 1));
      case UsageLines.Kind.Unreadable() -> missed = missed.plus(new Missed(1, 0, 0));
    }
    return cells.size() - before;
  }

  private Cell cell(Cell wanted, int left) {
    if (cells.containsKey(wanted)) {
      return wanted;
    }
    if (left <= 0) {
      return cells.containsKey(wanted.ofOtherModels()) ? wanted.ofOtherModels() : wanted.ofOthers();
    }
    var day = new Day(wanted.consumer(), wanted.day());
    var known = models.getOrDefault(day, 0);
    if (known >= MOST_MODELS) {
      return wanted.ofOtherModels();
    }
    models.put(day, known + 1);
    return wanted;
  }

  private static String version(Path path) throws IOException {
    try {
      var now = Files.readAttributes(path, BasicFileAttributes.class);
      return now.size() + " of " + now.lastModifiedTime();
    } catch (NoSuchFileException _) {
      return "gone";
    }
  }

  synchronized int size() {
    return cells.size();
  }

  synchronized Map<Cell, Sum> cells() {
    return Map.copyOf(cells);
  }

  synchronized Missed missed() {
    return missed;
  }
}
