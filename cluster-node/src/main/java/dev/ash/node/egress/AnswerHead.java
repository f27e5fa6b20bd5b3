package dev.ash.node.egress;

import dev.ash.node.egress.AnswerException.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a target answers a request of plain HTTP, up to the empty line. Pure.
 *
 * @param interim whether another head follows, as after {@code 100 Continue}
 * @param forwarded what the program in the sandbox is sent
 */
record AnswerHead(boolean interim, String forwarded) {
  private static final Pattern STATUS =
      Pattern.compile("HTTP/1\\.[01] ([1-9][0-9]{2})( [\\t\\x20-\\x7e\\x80-\\xff]*)?");
  private static final List<String> OF_THE_CONNECTION =
      List.of("connection", "keep-alive", "proxy-connection", "upgrade");

  /**
   * How many bytes of the buffer are the head; -1 if its end has not come yet. Some small servers
   * end their lines without a carriage return.
   *
   * @param looked bytes in which there was no end
   */
  static int length(ByteBuffer received, int looked) {
    for (var i = Math.max(1, looked); i < received.position(); i++) {
      if (received.get(i) == '\n'
          && (received.get(i - 1) == '\n'
              || (i > 1 && received.get(i - 1) == '\r' && received.get(i - 2) == '\n'))) {
        return i + 1;
      }
    }
    return -1;
  }

  /**
   * Reads a head that ends with an empty line. The program is told that the connection ends with
   * this answer, whatever the target says: a next request could be meant for another target.
   */
  static AnswerHead parse(Target target, byte[] bytes) throws AnswerException {
    var lines = new String(bytes, StandardCharsets.ISO_8859_1).split("\r?\n");
    var status = STATUS.matcher(lines.length == 0 ? "" : lines[0]);
    if (!status.matches() || Stream.of(lines).anyMatch(line -> line.indexOf('\r') >= 0)) {
      throw new AnswerException(
          Kind.UNREACHABLE, target + " answered what is no HTTP/1 (plain http:// was asked for)");
    }
    var head = new StringBuilder(lines[0]).append("\r\n");
    var dropped = false;
    for (var line : List.of(lines).subList(1, lines.length)) {
      // A line that begins with a space goes on with the one before.
      var continued = line.startsWith(" ") || line.startsWith("\t");
      dropped = continued ? dropped : OF_THE_CONNECTION.contains(name(line));
      if (!dropped) {
        head.append(line).append("\r\n");
      }
    }
    var interim = status.group(1).startsWith("1") && !status.group(1).equals("101");
    if (!interim) {
      head.append("Connection: close\r\n");
    }
    return new AnswerHead(interim, head.append("\r\n").toString());
  }

  private static String name(String line) {
    var colon = line.indexOf(':');
    return line.substring(0, Math.max(0, colon)).strip().toLowerCase(Locale.ROOT);
  }
}
