package dev.ash.gateway.audit;

import dev.ash.gateway.audit.UsageLedger.Missed;
import dev.ash.gateway.audit.UsageReport.By;
import dev.ash.gateway.audit.UsageReport.Sum;
import dev.ash.gateway.config.ConsumerNames;
import java.io.EOFException;
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
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.zip.ZipException;

/** One file of a log and what it adds up to so far. Used by one thread at a time. */
final class LoggedFile {
  /** A hundred consumers of three models each for some eleven months; some 40 MB. */
  static final int MOST_CELLS = 100_000;

  /** A caller chooses the names of models: of one consumer's day no more are told apart. */
  static final int MOST_MODELS = 100;

  static final String OTHER = ConsumerNames.OTHERS;

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

  private final CellRoom room;
  private final Map<Cell, Sum> cells = new HashMap<>();
  private final Map<Day, Integer> models = new HashMap<>();
  private final UsageLines lines = new UsageLines();
  private Missed missed = Missed.NONE;
  private byte[] head = {};
  private long read;

  private boolean damaged;

  /** What a packed file was when it was read; it is not added to. */
  private String packed = "";

  LoggedFile(CellRoom room) {
    this.room = room;
  }

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

  /** Reads what is new, up to the last line's end. */
  void read(Path path, BooleanSupplier stop) throws IOException {
    try {
      if (!AuditFiles.isPacked(path)) {
        readPlain(path, stop);
      } else if (packed.isEmpty()) {
        readPacked(path, stop);
      }
    } catch (NoSuchFileException _) {
      // Moved away since; the list is made again.
    } catch (IOException e) {
      throw new IOException(path + ": " + e.getMessage(), e);
    }
  }

  /** What stands before the damage of a damaged one counts; it is not read again as it is. */
  private void readPacked(Path path, BooleanSupplier stop) throws IOException {
    var version = version(path);
    try (var in = AuditFiles.open(path)) {
      readAll(new Lines(in), stop);
    } catch (ZipException | EOFException _) {
      damaged = true;
    }
    packed = version;
  }

  private void readPlain(Path path, BooleanSupplier stop) throws IOException {
    try (var channel = FileChannel.open(path, StandardOpenOption.READ)) {
      readAll(new Lines(Channels.newInputStream(channel.position(read))), stop);
    }
    if (head.length < HEAD && head.length < read) {
      try (var in = Files.newInputStream(path)) {
        head = in.readNBytes((int) Math.min(HEAD, read));
      }
    }
  }

  private void readAll(Lines from, BooleanSupplier stop) throws IOException {
    for (var line = from.next(); line.isPresent(); line = from.next()) {
      if (stop.getAsBoolean()) {
        throw new InterruptedIOException("the gateway is stopping");
      }
      if (line.get().whole() && !line.get().ended()) {
        // It is being written just now.
        return;
      }
      take(line.get().bytes());
      read += line.get().bytes().length + (line.get().ended() ? 1 : 0);
    }
  }

  private void take(byte[] bytes) {
    switch (lines.kind(bytes)) {
      case UsageLines.Kind.Call(var call) ->
          cells.merge(
              cell(new Cell(By.CONSUMER.of(call), By.MODEL.of(call), By.DAY.of(call))),
              Sum.NONE.plus(call),
              (sum, _) -> sum.plus(call));
      case UsageLines.Kind.Lost(var count) -> missed = missed.plus(new Missed(0, count, 0));
      case UsageLines.Kind.Foreign() -> missed = missed.plus(new Missed(0, 0, 1));
      case UsageLines.Kind.Unreadable() -> missed = missed.plus(new Missed(1, 0, 0));
    }
  }

  /** Where there is no more room, a consumer's models are one first, and then all consumers. */
  private Cell cell(Cell wanted) {
    if (cells.containsKey(wanted)) {
      return wanted;
    }
    var day = new Day(wanted.consumer(), wanted.day());
    var known = models.getOrDefault(day, 0);
    if (known < MOST_MODELS && room.fits(wanted)) {
      models.put(day, known + 1);
      room.take(wanted);
      return wanted;
    }
    var together = wanted.ofOtherModels();
    if (cells.containsKey(together)) {
      return together;
    }
    // One more for each day of a log has room always.
    var kept = room.fitsTogether(together) ? together : wanted.ofOthers();
    if (!cells.containsKey(kept)) {
      room.take(kept);
    }
    return kept;
  }

  private static String version(Path path) throws IOException {
    try {
      var now = Files.readAttributes(path, BasicFileAttributes.class);
      return now.size() + " of " + now.lastModifiedTime();
    } catch (NoSuchFileException _) {
      return "gone";
    }
  }

  /** What it adds up to, as long as nothing is read. */
  Map<Cell, Sum> cells() {
    return Collections.unmodifiableMap(cells);
  }

  Missed missed() {
    return missed;
  }

  /** Whether it cannot be unpacked to its end. */
  boolean isDamaged() {
    return damaged;
  }

  /** Gives its room to others. */
  void forget() {
    room.leave(cells.keySet());
  }
}
