package dev.ash.node.gateways;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** A program that somebody talks with; nothing of it outlives {@link #close}. */
final class OwnedTerminal implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** Colours, places of the cursor, titles. */
  private static final Pattern CODES =
      Pattern.compile(
          "\\x1b(\\[[0-9;?<>=]*[a-zA-Z]|\\][^\\x07\\x1b]*(\\x07|\\x1b\\\\)|[()].|[78=>])");

  private final Process process;
  private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
  private final Thread reader;

  private OwnedTerminal(Process process) {
    this.process = process;
    this.reader = Thread.ofVirtual().start(this::read);
  }

  static OwnedTerminal start(ProcessBuilder program) throws IOException {
    return new OwnedTerminal(program.redirectErrorStream(true).start());
  }

  private void read() {
    try (var in = process.getInputStream()) {
      in.transferTo(shown);
    } catch (IOException _) {
      // It was closed.
    }
  }

  /** What was shown so far, without the codes that place and colour it. */
  String text() {
    return CODES.matcher(shown.toString(UTF_8)).replaceAll(" ").replaceAll(" +", " ");
  }

  void awaitText(String wanted) {
    await().atMost(LIMIT).until(this::text, text -> text.contains(wanted));
  }

  void type(String keys) throws IOException {
    process.getOutputStream().write(keys.getBytes(UTF_8));
    process.getOutputStream().flush();
  }

  /** Waits for the program's end, of which it is told that nobody types any more. */
  String rest() throws IOException, InterruptedException {
    process.getOutputStream().close();
    if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
      throw new IOException("it still runs; it said: " + text());
    }
    reader.join();
    return text();
  }

  int code() {
    return process.exitValue();
  }

  @Override
  public void close() {
    var below = process.descendants().toList();
    process.destroyForcibly();
    below.forEach(ProcessHandle::destroyForcibly);
  }
}
