package dev.ash.client.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Bytes that are read while they come. Who got it closes it.
 *
 * @param type the media type the server names
 * @param size bytes, when the server says how many
 * @param source {@code sandbox} or {@code snapshot}, for files of a session
 */
public record Download(
    InputStream body, Optional<String> type, OptionalLong size, Optional<String> source)
    implements AutoCloseable {
  /** Copies all of it; gives the number of bytes. */
  public long transferTo(OutputStream target) throws IOException {
    return body.transferTo(target);
  }

  @Override
  public void close() throws IOException {
    body.close();
  }
}
