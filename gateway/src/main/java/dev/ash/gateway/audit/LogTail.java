package dev.ash.gateway.audit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The end of a log that is there already.
 *
 * @param last line of a chain
 * @param unchained what stands behind it
 * @param unended that line lacks its end
 */
record LogTail(Optional<Link> last, Unchained unchained, boolean unended) {
  /** Many lines long; only a log that is not ours has none of a chain in it. */
  private static final long WINDOW = 256 << 10;

  static LogTail of(Path file) throws IOException {
    var size = Files.size(file);
    if (size > WINDOW) {
      var near = read(file, size - WINDOW);
      if (near.last().isPresent()) {
        return near;
      }
    }
    return read(file, 0);
  }

  private static LogTail read(Path file, long from) throws IOException {
    var last = Optional.<Link>empty();
    var behind = new Unchained();
    var unended = false;
    try (InputStream in = Files.newInputStream(file)) {
      in.skipNBytes(from);
      var lines = new Lines(in);
      for (var line = lines.next(); line.isPresent(); line = lines.next()) {
        var parsed = line.get().whole() ? ChainLine.parse(line.get().bytes()) : noLine();
        if (parsed.isPresent()) {
          last = parsed.map(ChainLine::link);
          behind = new Unchained();
          unended = !line.get().ended();
        } else {
          line.get().addTo(behind);
        }
      }
    }
    return new LogTail(last, behind, unended);
  }

  private static Optional<ChainLine> noLine() {
    return Optional.empty();
  }
}
