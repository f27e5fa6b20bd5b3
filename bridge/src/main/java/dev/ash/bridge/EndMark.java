package dev.ash.bridge;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Finds, in what a command and its programs write to their standard error, the line by which the
 * shell around the command says that it has ended. For one thread; anybody may wait for the code.
 */
final class EndMark {
  /** Writes the line: takes the name as {@code $2}, says the code, and has the outlet as 3. */
  static final String PRINTED = "printf '\\036%s %d\\n' \"$2\" \"$?\" >&3";

  /** Begins the line, and is nowhere else in it. */
  private static final byte BEGIN = 0x1e;

  private static final int DIGITS = 3;

  private final byte[] line;
  private final ByteArrayOutputStream rest = new ByteArrayOutputStream();

  /** What of the line was seen: first its beginning, then digits. */
  private final byte[] held;

  private int seen;
  private OptionalInt found = OptionalInt.empty();
  private final CompletableFuture<Integer> code = new CompletableFuture<>();

  /**
   * For one command.
   *
   * @param name what no command writes by chance: ASCII
   */
  EndMark(String name) {
    line = ((char) BEGIN + name + " ").getBytes(StandardCharsets.US_ASCII);
    held = new byte[line.length + DIGITS];
  }

  /** What of these bytes is not the line's. The beginning of what may be it is held back. */
  byte[] without(byte[] bytes, int length) {
    rest.reset();
    for (var at = 0; at < length; at++) {
      accept(bytes[at]);
    }
    return rest.toByteArray();
  }

  /** What was held back, when nothing more comes. */
  byte[] rest() {
    rest.reset();
    giveUp();
    return rest.toByteArray();
  }

  /**
   * Lets those know who wait for the code, if it was there; after what came before it is passed.
   */
  void tell() {
    found.ifPresent(code::complete);
  }

  /** Completes with the code that the line says; never, where the line does not come. */
  CompletableFuture<Integer> code() {
    return code;
  }

  /** The code, if it comes in time. */
  OptionalInt await(Duration patience) throws InterruptedException {
    try {
      return OptionalInt.of(code.get(patience.toNanos(), TimeUnit.NANOSECONDS));
    } catch (TimeoutException _) {
      return OptionalInt.empty();
    } catch (ExecutionException e) {
      throw new IllegalStateException("a mark is found or not", e);
    }
  }

  private void accept(byte next) {
    if (seen < line.length ? next == line[seen] : isDigit(next) && seen < held.length) {
      held[seen++] = next;
    } else if (seen > line.length && next == '\n') {
      var digits = new String(held, line.length, seen - line.length, StandardCharsets.US_ASCII);
      found = OptionalInt.of(Integer.parseInt(digits));
      seen = 0;
    } else {
      giveUp();
      if (next == BEGIN) {
        held[seen++] = next;
      } else {
        rest.write(next);
      }
    }
  }

  private void giveUp() {
    rest.write(held, 0, seen);
    seen = 0;
  }

  private static boolean isDigit(byte next) {
    return next >= '0' && next <= '9';
  }
}
