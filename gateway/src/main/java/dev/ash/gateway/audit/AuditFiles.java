package dev.ash.gateway.audit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/** The files of one log: the one that is written, and those that were moved away. */
public final class AuditFiles {
  private static final String PACKED = ".gz";

  private AuditFiles() {}

  /** Also one that logrotate has compressed. */
  public static InputStream open(Path file) throws IOException {
    var in = Files.newInputStream(file);
    if (!isPacked(file)) {
      return in;
    }
    try {
      return new GZIPInputStream(in);
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  /**
   * The log and what was moved away from it beside it, by the names that logrotate gives: {@code
   * audit.log.1}, {@code audit.log-20261127.gz}, {@code audit-20261127.log}. While one is being
   * compressed there are two of it; then the whole one counts.
   */
  static List<Path> ofLog(Path log) throws IOException {
    var name = String.valueOf(log.getFileName());
    var dot = name.lastIndexOf('.');
    var moved = "[.-][0-9][0-9.:TZ_-]*";
    var names = Pattern.quote(name) + "(" + moved + ")?(\\.gz)?";
    if (dot > 0) {
      names +=
          "|"
              + Pattern.quote(name.substring(0, dot))
              + moved
              + Pattern.quote(name.substring(dot))
              + "(\\.gz)?";
    }
    var named = Pattern.compile(names);
    var folder = Optional.ofNullable(log.toAbsolutePath().getParent()).orElse(Path.of("/"));
    var found = new TreeSet<Path>();
    try (var all =
        Files.newDirectoryStream(
            folder, file -> named.matcher(String.valueOf(file.getFileName())).matches())) {
      for (var file : all) {
        // The log itself may be a link, and also a pipe, which nobody may read away.
        var regular =
            file.endsWith(name)
                ? Files.isRegularFile(file)
                : Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
        if (regular) {
          found.add(file);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    found.removeIf(
        file -> {
          var text = file.toString();
          return text.endsWith(PACKED)
              && found.contains(Path.of(text.substring(0, text.length() - PACKED.length())));
        });
    return List.copyOf(found);
  }

  static boolean isPacked(Path file) {
    return file.toString().endsWith(PACKED);
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
