package dev.ash.gateway.audit;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Optional;

/** Standard output: each start begins a chain, as nobody knows what was there before. */
final class StreamSink implements Sink {
  private final OutputStream out;
  private boolean opened;

  StreamSink(OutputStream out) {
    this.out = out;
  }

  @Override
  public Optional<Found> opened() {
    var first = !opened;
    opened = true;
    return first ? Optional.of(Found.nothing()) : Optional.empty();
  }

  @Override
  public void write(byte[] bytes) throws ShortWriteException {
    try {
      out.write(bytes);
      out.flush();
      // A print stream keeps its errors to itself.
      if (out instanceof PrintStream print && print.checkError()) {
        throw new IOException("standard output cannot be written");
      }
    } catch (IOException e) {
      throw new ShortWriteException(0, e);
    }
  }

  @Override
  public void remember(Link last) {}

  /** The stream is somebody else's. */
  @Override
  public void close() {}
}
