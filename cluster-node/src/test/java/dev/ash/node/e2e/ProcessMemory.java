package dev.ash.node.e2e;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** Reads what a process has written to its memory, by {@code /proc}. */
final class ProcessMemory {
  private static final Pattern WRITABLE = Pattern.compile("([0-9a-f]+)-([0-9a-f]+) rw.*");
  private static final int PAGE = 4096;
  private static final int ENTRY = 8;

  /** Pages that are looked up at a time. */
  private static final int PAGES = 256;

  private ProcessMemory() {}

  /**
   * Gives all pages that are there, in pieces.
   *
   * @param overlap bytes of a piece that stand in the next one again
   */
  static void read(Path proc, int overlap, Consumer<String> pieces) throws IOException {
    try (var memory = new RandomAccessFile(proc.resolve("mem").toFile(), "r");
        var pages = new RandomAccessFile(proc.resolve("pagemap").toFile(), "r")) {
      for (var line : Files.readAllLines(proc.resolve("maps"))) {
        var range = WRITABLE.matcher(line);
        if (range.matches()) {
          var from = Long.parseUnsignedLong(range.group(1), 16);
          var to = Long.parseUnsignedLong(range.group(2), 16);
          region(memory, pages, from, to, overlap, pieces);
        }
      }
    }
  }

  private static void region(
      RandomAccessFile memory,
      RandomAccessFile pages,
      long from,
      long to,
      int overlap,
      Consumer<String> pieces) {
    var rest = "";
    for (var at = from; at < to; at += (long) PAGES * PAGE) {
      var count = (int) Math.min(PAGES, (to - at) / PAGE);
      var bytes = new byte[count * PAGE];
      try {
        if (!present(pages, at, count, memory, bytes)) {
          rest = "";
          continue;
        }
      } catch (IOException e) {
        rest = "";
        continue; // memory of a device, or pages that are gone
      }
      var text = rest + new String(bytes, ISO_8859_1);
      pieces.accept(text);
      rest = text.substring(text.length() - Math.min(text.length(), overlap));
    }
  }

  /** Fills in the pages that are there; false when none is. The others stay zero, as they read. */
  private static boolean present(
      RandomAccessFile pages, long at, int count, RandomAccessFile memory, byte[] bytes)
      throws IOException {
    var entries = new byte[count * ENTRY];
    pages.seek(at / PAGE * ENTRY);
    pages.readFully(entries);
    var flags = ByteBuffer.wrap(entries).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
    var any = false;
    for (var page = 0; page < count; page++) {
      // Bit 63: in memory; bit 62: swapped out.
      if (flags.get(page) >>> 62 != 0) {
        memory.seek(at + (long) page * PAGE);
        memory.readFully(bytes, page * PAGE, PAGE);
        any = true;
      }
    }
    return any;
  }
}
