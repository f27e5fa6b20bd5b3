package dev.ash.bench;

import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;

/**
 * The start of an answer.
 *
 * @param length of its content in bytes; negative says that it comes in chunks
 */
record Head(int status, int length) {

  static Head read(InputStream in) throws IOException {
    var status = Integer.parseInt(Body.headLine(in).split(" ", 3)[1]);
    var length = 0;
    for (var line = Body.headLine(in); !line.isEmpty(); line = Body.headLine(in)) {
      var lower = line.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        length = Integer.parseInt(lower.substring("content-length:".length()).strip());
      } else if (lower.startsWith("transfer-encoding:")) {
        length = -1;
      }
    }
    return new Head(status, length);
  }
}
