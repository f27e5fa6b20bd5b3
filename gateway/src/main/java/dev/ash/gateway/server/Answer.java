package dev.ash.gateway.server;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Blocker;

/** Writes answers. A part goes out when it comes, and the next is read when it has gone. */
final class Answer {
  private static final int PART = 16 << 10;

  private final Watch watch;
  private final boolean countTokens;

  Answer(Watch watch, boolean countTokens) {
    this.watch = watch;
    this.countTokens = countTokens;
  }

  void own(Response response, int status, String type, byte[] body) throws IOException {
    response.setStatus(status);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length);
    write(response, true, body, body.length);
  }

  void relayed(Response response, Visit visit, HttpResponse<InputStream> upstream)
      throws IOException {
    visit.status = upstream.statusCode();
    response.setStatus(upstream.statusCode());
    upstream
        .headers()
        .map()
        .forEach(
            (name, values) -> {
              if (HeaderPolicy.passesBack(name)) {
                values.forEach(value -> response.getHeaders().add(name, value));
              }
            });
    upstream
        .headers()
        .firstValueAsLong("content-length")
        .ifPresent(length -> response.getHeaders().put(HttpHeader.CONTENT_LENGTH, length));
    var type = upstream.headers().firstValue("content-type").orElse("");
    var tap = new UsageTap(type.startsWith("text/event-stream"));
    var watched = watch.over(upstream.body());
    try (var _ = upstream.body()) {
      // The head goes out at once, also when the first part takes its time.
      write(response, false, new byte[0], 0);
      var part = new byte[PART];
      for (var n = read(watched, part, visit); n >= 0; n = read(watched, part, visit)) {
        write(response, false, part, n);
        visit.sent += n;
        if (countTokens) {
          tap.pass(part, n);
          visit.used = tap.usage();
        }
      }
      tap.end();
      visit.used = tap.usage();
    } finally {
      watch.done(watched);
    }
    write(response, true, new byte[0], 0);
  }

  private static int read(Watch.Watched watched, byte[] part, Visit visit) throws IOException {
    try {
      var n = watched.read(part);
      if (n < 0 && watched.wasCut()) {
        throw new IOException("the upstream fell silent");
      }
      return n;
    } catch (IOException e) {
      visit.outcome = watched.wasCut() ? "upstream_silent" : "upstream_cut";
      throw e;
    }
  }

  private static void write(Response response, boolean last, byte[] bytes, int length)
      throws IOException {
    try (var blocker = Blocker.callback()) {
      response.write(last, ByteBuffer.wrap(bytes, 0, length), blocker);
      blocker.block();
    }
  }
}
