package dev.ash.node.faults;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** A file system of its own for a node's data, small enough to be filled. */
final class SmallDisk implements AutoCloseable {
  private final Path mountPoint;

  private SmallDisk(Path mountPoint) {
    this.mountPoint = mountPoint;
  }

  /** Skips the test where nothing may be mounted. */
  static SmallDisk mount(int megabytes) throws IOException {
    var point = Files.createTempDirectory("ash-disk-");
    var status = run("mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m", "tmpfs", "" + point);
    if (status != 0) {
      Files.delete(point);
      Assumptions.abort("no tmpfs can be mounted here (expected: root with CAP_SYS_ADMIN)");
    }
    return new SmallDisk(point);
  }

  Path folder() {
    return mountPoint;
  }

  /** Takes what space there is; returns when not one byte more can be written. */
  void fill() throws IOException {
    try (var file = FileChannel.open(ballast(), CREATE, WRITE)) {
      file.position(file.size());
      for (var size = 1 << 20; size > 0; size /= 2) {
        write(file, size);
      }
    }
  }

  private static void write(FileChannel file, int size) {
    try {
      while (file.write(ByteBuffer.allocate(size)) > 0) {
        file.position(file.size());
      }
    } catch (IOException _) {
      // No room for so much at once; a smaller piece may fit.
    }
  }

  void free() throws IOException {
    Files.deleteIfExists(ballast());
  }

  private Path ballast() {
    return mountPoint.resolve("ballast");
  }

  /** Also when something still holds a file open there. */
  @Override
  public void close() throws IOException {
    run("umount", "-l", mountPoint.toString());
    Files.deleteIfExists(mountPoint);
  }

  private static int run(String... command) throws IOException {
    var process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
