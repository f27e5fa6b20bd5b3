package dev.ash.node.egress;

import dev.ash.node.egress.AnswerException.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What a program asks the proxy for, up to the empty line. Pure.
 *
 * @param forwarded what the target is sent first; nothing for {@code CONNECT}
 */
record RequestHead(boolean connect, Target target, String forwarded) {
  static final int LONGEST = 16 * 1024;

  private static final Pattern REQUEST =
      Pattern.compile("([A-Za-z]{1,32}) ([\\x21-\\x7e]+) HTTP/1\\.([01])");
  private static final Pattern HEADER =
      Pattern.compile("([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\\t\\x20-\\x7e\\x80-\\xff]*");
  private static final String HTTP = "http://";

  /** Belong to the connection with the proxy, not to the target. */
  private static final List<String> OF_THE_CONNECTION =
      List.of("connection", "host", "keep-alive", "upgrade");

  /**
   * How many bytes of the buffer are the head; -1 if its end has not come yet.
   *
   * @param looked bytes in which there was no end
   */
  static int length(ByteBuffer received, int looked) {
    for (var i = Math.max(3, looked); i < received.position(); i++) {
      if (received.get(i) == '\n'
          && received.get(i - 1) == '\r'
          && received.get(i - 2) == '\n'
          && received.get(i - 3) == '\r') {
        return i + 1;
      }
    }
    return -1;
  }

  /** Reads a head that ends with an empty line. */
  static RequestHead parse(byte[] bytes) throws AnswerException {
    var lines = new String(bytes, StandardCharsets.ISO_8859_1).split("\r\n");
    var request = REQUEST.matcher(lines.length == 0 ? "" : lines[0]);
    if (!request.matches()) {
      throw unreadable("this is an HTTP proxy (expected: CONNECT host:port HTTP/1.1)");
    }
    var headers = List.of(lines).subList(1, lines.length);
    for (var header : headers) {
      if (!HEADER.matcher(header).matches()) {
        throw unreadable("header: " + Printable.of(header) + " (expected: Name: value)");
      }
    }
    try {
      return request.group(1).equals("CONNECT")
          ? new RequestHead(true, Target.parse(request.group(2), 0), "")
          : forwarded(request.group(1), request.group(2), request.group(3), headers);
    } catch (UnreadableException e) {
      throw unreadable(String.valueOf(e.getMessage()));
    }
  }

  /** One request of a program that sends plain HTTP by way of the proxy. */
  private static RequestHead forwarded(
      String method, String url, String minor, List<String> headers)
      throws AnswerException, UnreadableException {
    if (!url.regionMatches(true, 0, HTTP, 0, HTTP.length())) {
      throw unreadable(
          "target: "
              + Printable.of(url)
              + " (expected: http://host/path, or CONNECT host:port for everything else)");
    }
    var rest = url.substring(HTTP.length());
    var end = 0;
    while (end < rest.length() && "/?#".indexOf(rest.charAt(end)) < 0) {
      end++;
    }
    var target = Target.parse(rest.substring(0, end), 80);
    var path = rest.substring(end).replaceFirst("#.*", "");
    var head = new StringBuilder(method);
    head.append(' ').append(path.startsWith("/") ? path : "/" + path);
    head.append(" HTTP/1.").append(minor).append("\r\nHost: ").append(target.host());
    if (target.port() != 80) {
      head.append(':').append(target.port());
    }
    head.append("\r\n");
    for (var header : headers) {
      var name = header.substring(0, header.indexOf(':')).toLowerCase(Locale.ROOT);
      if (!OF_THE_CONNECTION.contains(name) && !name.startsWith("proxy-")) {
        head.append(header).append("\r\n");
      }
    }
    // A next request could name another target, and that one has not been asked about.
    return new RequestHead(false, target, head.append("Connection: close\r\n\r\n").toString());
  }

  private static AnswerException unreadable(String why) {
    return new AnswerException(Kind.UNREADABLE, why);
  }
}
