package dev.ash.gateway.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a chain of lines, each at once and whole. What could not be written is said by the next
 * line that can.
 */
public final class AuditTrail implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AuditTrail.class);
  private final Sink sink;
  private volatile Seal seal;
  private final InstantSource clock;
  private Link last = Link.BEGINNING;
  private Unchained unchained = new Unchained();
  private boolean unended;
  private long lost;
  private volatile boolean failing;

  AuditTrail(Sink sink, Seal seal, InstantSource clock) throws IOException {
    this.sink = sink;
    this.seal = seal;
    this.clock = clock;
    open();
  }

  /** Goes on with the chain of a file, also of one that was moved away meanwhile. */
  public static AuditTrail toFile(Path file, Seal seal, InstantSource clock) throws IOException {
    var sink = new FileSink(file);
    try {
      return new AuditTrail(sink, seal, clock);
    } catch (IOException e) {
      sink.close();
      throw e;
    }
  }

  /** Begins a chain. The stream is not closed. */
  public static AuditTrail toStream(OutputStream out, Seal seal, InstantSource clock)
      throws IOException {
    return new AuditTrail(new StreamSink(out), seal, clock);
  }

  /**
   * Adds a line and gives its number; safe for many threads. When it fails the line is lost, and
   * counted as that.
   */
  public long append(ObjectNode fields) throws IOException {
    return append(fields, 0);
  }

  /**
   * Adds a line.
   *
   * @param lostBefore so many came before it and are lost already
   */
  synchronized long append(ObjectNode fields, long lostBefore) throws IOException {
    lost += lostBefore;
    // An interrupted thread that writes closes the file for all.
    var interrupted = Thread.interrupted();
    try {
      open();
      if (lost > 0 || !unchained.isEmpty()) {
        put(gap());
        lost = 0;
      }
      put(fields);
      failing = false;
      return last.sequence();
    } catch (IOException | RuntimeException | Error e) {
      lost++;
      failing = true;
      throw e;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Signs with another key from the next line on. Waits for nobody. */
  public void sealWith(Seal other) {
    seal = other;
  }

  private void open() throws IOException {
    var opened = sink.opened();
    if (opened.isPresent()) {
      var found = opened.get();
      last = found.last().filter(l -> l.sequence() >= last.sequence()).orElse(last);
      unchained = found.unchained();
      unended = found.unended();
    }
  }

  private ObjectNode gap() {
    var torn = unchained.copy();
    if (!torn.isEnded()) {
      torn.add(new byte[] {'\n'}, 0, 1);
    }
    return ChainLine.gap(lost, torn.bytes(), torn.sha256())
        .put("timestamp", clock.instant().toString());
  }

  private void put(ObjectNode fields) throws IOException {
    var line = ChainLine.after(last, fields, seal);
    var before = unended || !unchained.isEnded() ? 1 : 0;
    var bytes = new byte[before + line.bytes().length + 1];
    Arrays.fill(bytes, (byte) '\n');
    System.arraycopy(line.bytes(), 0, bytes, before, line.bytes().length);
    try {
      sink.write(bytes);
      unended = false;
    } catch (Sink.ShortWriteException e) {
      if (e.written() < bytes.length - 1) {
        // The end of the whole line before it, if it came only now, is none of the torn one.
        var from = unended && e.written() > 0 ? 1 : 0;
        unended = unended && e.written() == 0;
        unchained.add(bytes, from, e.written() - from);
        throw e;
      }
      unended = true;
    }
    last = line.link();
    unchained = new Unchained();
    sink.remember(last);
  }

  /** Whether the last line could not be written. */
  public boolean isFailing() {
    return failing;
  }

  @Override
  public void close() throws IOException {
    close(0);
  }

  /**
   * Says what is lost, if that can be written now, and ends.
   *
   * @param lostSince so many came after the last line
   */
  synchronized void close(long lostSince) throws IOException {
    lost += lostSince;
    try {
      if (lost > 0) {
        open();
        put(gap());
        lost = 0;
      }
    } catch (IOException | RuntimeException e) {
      LOG.error("{} audit lines are lost, and the log cannot say so: {}", lost, String.valueOf(e));
    } finally {
      sink.close();
    }
  }
}
