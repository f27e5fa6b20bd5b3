package dev.ash.node.upload;

import java.io.IOException;
import java.io.InputStream;
import org.apache.pekko.util.ByteString;

/**
 * A file's bytes as a client has sent them, which can be read until its request is over. Reading
 * may block; call it on {@code blocking-io}. Any thread.
 */
public sealed interface Content permits HeldContent, FileContent {
  Content EMPTY = of(ByteString.emptyByteString());

  /** One that is in memory anyway. */
  static Content of(ByteString bytes) {
    return new HeldContent(bytes);
  }

  /** How many bytes it has. */
  long size();

  /**
   * The bytes from an offset on: as many as are asked for, fewer only at the end.
   *
   * @throws IOException also when the request is over
   */
  byte[] part(long from, int most) throws IOException;

  /** All of it from the beginning. */
  default InputStream open() {
    return new ContentStream(this);
  }
}
