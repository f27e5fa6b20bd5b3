package dev.ash.node.sandbox;

import dev.ash.config.SandboxConfig;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the sandboxes from filling the node's disk: one thread looks at each running one in turn
 * and ends what has outgrown its limit.
 *
 * <p>When the disk itself runs low no sandbox starts, and the largest that uses more than half of
 * its limit is ended.
 */
final class DiskWatch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DiskWatch.class);

  /** A workspace just over its limit shall still be told so by its save. */
  private static final int MARGIN = 4;

  /** Looking takes at most a quarter of one core, however many files there are. */
  private static final int REST = 3;

  private static final int MIB = 20;

  private final long limit;
  private final long reserve;
  private final Duration interval;
  private final Space space;
  private final Map<String, Look> looks = new ConcurrentHashMap<>();
  private final CountDownLatch closed = new CountDownLatch(1);

  /** The file system that the sandboxes lie on. */
  interface Space {
    long free() throws IOException;

    long total() throws IOException;

    static Space of(Path folder) throws IOException {
      FileStore store = Files.getFileStore(folder);
      return new Space() {
        @Override
        public long free() throws IOException {
          return store.getUsableSpace();
        }

        @Override
        public long total() throws IOException {
          return store.getTotalSpace();
        }
      };
    }
  }

  /** What is known of one sandbox. The figures are the watching thread's. */
  private static final class Look {
    private final String id;
    private final Path folder;
    private final SandboxProcess process;
    private long bytes;
    private boolean hidden;

    Look(String id, Path folder, SandboxProcess process) {
      this.id = id;
      this.folder = folder;
      this.process = process;
    }
  }

  private DiskWatch(SandboxConfig config, Space space, long total) {
    this.limit = config.diskBytes();
    this.reserve = config.diskReserve(total);
    this.interval = config.diskCheck();
    this.space = space;
  }

  static DiskWatch start(SandboxConfig config, Space space) throws IOException {
    var watch = new DiskWatch(config, space, space.total());
    Thread.ofVirtual().name("disk-watch").start(watch::run);
    return watch;
  }

  /** Watches a sandbox from now on, until what is returned is run. */
  Runnable watch(String id, Path folder, SandboxProcess process) {
    var look = new Look(id, folder, process);
    looks.put(id, look);
    return () -> looks.remove(id, look);
  }

  /** Refuses when there is too little room for one more sandbox. */
  void requireRoom() throws SandboxException {
    try {
      var free = space.free();
      if (free < reserve) {
        throw new SandboxException(
            "the node's disk is almost full: %d MiB free (expected: at least %d MiB, see ash.sandbox.disk-reserve)"
                .formatted(free >> MIB, reserve >> MIB));
      }
    } catch (IOException e) {
      throw new SandboxException("the node's disk cannot be asked for its free space", e);
    }
  }

  private void run() {
    try {
      var rest = interval;
      while (!closed.await(rest.toNanos(), TimeUnit.NANOSECONDS)) {
        var began = System.nanoTime();
        round();
        var busy = Duration.ofNanos(System.nanoTime() - began).multipliedBy(REST);
        rest = busy.compareTo(interval) > 0 ? busy : interval;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void round() {
    for (var look : looks.values()) {
      if (closed.getCount() == 0) {
        return;
      }
      // what is frozen writes nothing: the last look holds
      if (!look.process.frozen()) {
        look(look);
      }
    }
    keepReserve();
  }

  private void look(Look look) {
    try {
      var found = FolderSize.of(look.folder, limit + limit / MARGIN);
      look.bytes = found.bytes();
      if (found.over()) {
        end(look, "it holds %d MiB or too many files".formatted(found.bytes() >> MIB));
      } else if (found.hidden() && look.hidden) {
        end(look, "it holds folders that the node cannot read, so it cannot be measured");
      }
      look.hidden = found.hidden();
    } catch (IOException | RuntimeException e) {
      if (looks.containsKey(look.id)) {
        log.warn("Sandbox {} could not be measured", look.id, e);
      }
    }
  }

  private void keepReserve() {
    try {
      var free = space.free();
      if (free < reserve) {
        looks.values().stream()
            .filter(look -> look.bytes > limit / 2)
            .max(Comparator.comparingLong(look -> look.bytes))
            .ifPresentOrElse(
                look ->
                    end(
                        look,
                        "the disk has only %d MiB free and it is the largest, with %d MiB"
                            .formatted(free >> MIB, look.bytes >> MIB)),
                () ->
                    log.warn(
                        "The disk has only {} MiB free and no large sandbox is there to end",
                        free >> MIB));
      }
    } catch (IOException e) {
      log.warn("The disk cannot be asked for its free space", e);
    }
  }

  private void end(Look look, String why) {
    log.warn(
        "Sandbox {} is ended, its disk is full: {} (expected: at most {} MiB)",
        look.id,
        why,
        limit >> MIB);
    looks.remove(look.id, look);
    look.process.killForDisk();
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
