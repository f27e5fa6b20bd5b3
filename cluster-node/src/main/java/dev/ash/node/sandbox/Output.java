package dev.ash.node.sandbox;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads what a sandbox's top process prints, to the end, and remembers its last lines.
 *
 * <p>A platform thread with a small stack: reading a pipe holds a virtual thread's carrier, and a
 * thousand sandboxes would hold them all.
 */
final class Output {
  private static final Logger log = LoggerFactory.getLogger(Output.class);
  private static final String READY = "ready";
  private static final int LONGEST_LINE = 8192;
  private static final int REMEMBERED = 20;
  private static final long STACK = 256 << 10;

  private final InputStream in;
  private final Consumer<String> lines;
  private final Deque<String> last = new ArrayDeque<>();
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();

  private Output(InputStream in, Consumer<String> lines) {
    this.in = in;
    this.lines = lines;
  }

  /** Starts to read. A line longer than 8 KiB comes in pieces. */
  static Output follow(String name, InputStream in, Consumer<String> lines) {
    var output = new Output(in, lines);
    Thread.ofPlatform().daemon().name(name).stackSize(STACK).start(output::run);
    return output;
  }

  /** Completes with the line {@code ready}. */
  CompletableFuture<Void> ready() {
    return ready;
  }

  /** Completes when nobody can print any more. */
  CompletableFuture<Void> ended() {
    return ended;
  }

  synchronized String lastLines() {
    return String.join("\n", last);
  }

  private void run() {
    var line = new ByteArrayOutputStream();
    var chunk = new byte[LONGEST_LINE];
    try (in) {
      for (var n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        for (var i = 0; i < n; i++) {
          if (chunk[i] == '\n') {
            take(line);
          } else {
            line.write(chunk[i]);
            if (line.size() == LONGEST_LINE) {
              take(line);
            }
          }
        }
      }
    } catch (IOException e) {
      log.debug("A sandbox's output broke off", e);
    } finally {
      if (line.size() > 0) {
        take(line);
      }
      ended.complete(null);
    }
  }

  private void take(ByteArrayOutputStream bytes) {
    var line = bytes.toString(StandardCharsets.UTF_8).stripTrailing();
    bytes.reset();
    if (line.equals(READY) && ready.complete(null)) {
      return;
    }
    synchronized (this) {
      last.addLast(line);
      if (last.size() > REMEMBERED) {
        last.removeFirst();
      }
    }
    try {
      lines.accept(line);
    } catch (RuntimeException e) {
      log.warn("A reader of a sandbox's output failed", e);
    }
  }
}
