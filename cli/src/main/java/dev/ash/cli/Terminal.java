package dev.ash.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;

/**
 * Standard output and standard error. Text for a screen loses its control characters first: it may
 * come from a sandbox, and an escape sequence could rewrite what the person reads. Text for a file
 * or a pipe stays as it is.
 */
final class Terminal {
  private static final String DIM = "\u001b[2m";
  private static final String RESET = "\u001b[0m";

  private final PrintStream out;
  private final PrintStream err;
  private final Settings settings;

  Terminal(PrintStream out, PrintStream err, Settings settings) {
    this.out = out;
    this.err = err;
    this.settings = settings;
  }

  /** Part of a line on standard output, at once. */
  void print(String text) {
    out.print(settings.outIsTerminal() ? harmless(text) : text);
    flush();
  }

  void println(String line) {
    print(line + "\n");
  }

  /** Bytes as they are, unless a person looks at them. */
  void bytes(byte[] bytes, int length) {
    if (settings.outIsTerminal()) {
      print(new String(bytes, 0, length, java.nio.charset.StandardCharsets.UTF_8));
    } else {
      out.write(bytes, 0, length);
      flush();
    }
  }

  /** All of a stream, as {@link #bytes(byte[], int)}. */
  void bytes(InputStream in) throws IOException {
    var buffer = new byte[64 << 10];
    for (int n = in.read(buffer); n != -1; n = in.read(buffer)) {
      bytes(buffer, n);
    }
  }

  /** Part of a line on standard error. */
  void printError(String text) {
    err.print(settings.errIsTerminal() ? harmless(text) : text);
    err.flush();
  }

  /** A line on standard error. */
  void note(String line) {
    printError(line + "\n");
  }

  /** A line on standard error that is only there to be glanced at. */
  void aside(String line) {
    if (settings.errIsTerminal() && settings.color()) {
      err.print(DIM + harmless(line) + RESET + "\n");
      err.flush();
    } else {
      note(line);
    }
  }

  /** A line on standard output whose label stands out. */
  void labelled(String label, String text) {
    if (settings.outIsTerminal() && settings.color()) {
      out.print(DIM + harmless(label) + RESET + " ");
      println(text);
    } else {
      println(label + " " + text);
    }
  }

  OutputStream errorStream() {
    return err;
  }

  OutputStream outputStream() {
    return out;
  }

  private void flush() {
    if (out.checkError()) {
      throw new OutputClosedException();
    }
  }

  static String harmless(String text) {
    var clean = new StringBuilder(text.length());
    text.codePoints()
        .map(c -> Character.isISOControl(c) && c != '\n' && c != '\t' ? '\uFFFD' : c)
        .map(c -> isBidiControl(c) ? '\uFFFD' : c)
        .forEach(clean::appendCodePoint);
    return clean.toString();
  }

  /** Marks that reorder a line can make a command look like another one. */
  private static boolean isBidiControl(int c) {
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
  }

  /** Nobody reads standard output any more; there is nothing left to do. */
  static final class OutputClosedException extends UncheckedIOException {
    OutputClosedException() {
      super(new java.io.IOException("standard output is closed"));
    }
  }
}
