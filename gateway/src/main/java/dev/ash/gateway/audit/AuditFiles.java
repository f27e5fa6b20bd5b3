package dev.ash.gateway.audit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/** The files of one log: the one that is written, and those that were moved away. */
public final class AuditFiles {
  private AuditFiles() {}

  /** Also one that logrotate has compressed. */
  public static InputStream open(Path file) throws IOException {
    var in = Files.newInputStream(file);
    if (!file.toString().endsWith(".gz")) {
      return in;
    }
    try {
      return new GZIPInputStream(in);
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  /** In the order in which they were written, however they are named. */
  static List<Path> inOrder(List<Path> files) throws IOException {
    record Begun(Path file, long sequence) {}
    var begun = new java.util.ArrayList<Begun>();
    for (var file : files) {
      begun.add(new Begun(file, first(file)));
    }
    return begun.stream()
        .sorted(Comparator.comparingLong(Begun::sequence))
        .map(Begun::file)
        .toList();
  }

  private static long first(Path file) throws IOException {
    try (var in = open(file)) {
      var lines = new Lines(in);
      for (var line = lines.next(); line.isPresent(); line = lines.next()) {
        var sequence = parsed(line.get()).map(ChainLine::sequence);
        if (sequence.isPresent()) {
          return sequence.get();
        }
      }
    }
    return Long.MAX_VALUE;
  }

  static Optional<ChainLine> parsed(Lines.Line line) {
    return line.whole() ? ChainLine.parse(line.bytes()) : Optional.empty();
  }
}
