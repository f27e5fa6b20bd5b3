package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A file that takes no more bytes, and does not say so: whoever writes to it hangs. */
final class Fifo implements AutoCloseable {
  private final Path file;
  private final Path read;

  /** Held for reading and writing, so that nobody waits to open it. */
  private final RandomAccessFile held;

  private @Nullable Process reader;

  private Fifo(Path file, RandomAccessFile held) {
    this.file = file;
    this.read = file.resolveSibling("read");
    this.held = held;
  }

  /** One that is full. */
  static Fifo in(Path folder) throws Exception {
    var file = folder.resolve("audit.fifo");
    assertThat(RealProxy.run("mkfifo", file.toString())).isZero();
    var fifo = new Fifo(file, new RandomAccessFile(file.toFile(), "rw"));
    // It ends with an error, when there is no room for more.
    var _ =
        RealProxy.run(
            "dd", "if=/dev/zero", "of=" + file, "bs=4096", "oflag=nonblock,append", "conv=notrunc");
    return fifo;
  }

  Path file() {
    return file;
  }

  /** From now on somebody reads what is in it. */
  void drain() throws IOException {
    reader = new ProcessBuilder("cat", file.toString()).redirectOutput(read.toFile()).start();
  }

  /** The lines that came through. */
  List<String> lines() throws IOException {
    return Files.exists(read)
        ? Files.readString(read, UTF_8).replace("\0", "").lines().toList()
        : List.of();
  }

  @Override
  public void close() throws IOException {
    held.close();
    if (reader != null) {
      try {
        reader.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
