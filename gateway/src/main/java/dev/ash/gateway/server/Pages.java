package dev.ash.gateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Response;

/**
 * {@code /usage} and {@code /admin}: pages that call the gateway's JSON routes with the key that a
 * person types into them. They have no data of their own, so everybody may load them.
 */
final class Pages {
  /** Nothing from elsewhere, nothing inside the page, and no page around it. */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private static final String HTML = "text/html; charset=utf-8";
  private static final String SCRIPT = "text/javascript; charset=utf-8";

  private record Page(String type, String body) {}

  private final Map<String, Page> pages = new HashMap<>();
  private final Answer answer;

  Pages(Answer answer) {
    this.answer = answer;
    put("/usage", HTML, "usage.html");
    put("/admin", HTML, "admin.html");
    put("/pages/common.js", SCRIPT, "common.js");
    put("/pages/usage.js", SCRIPT, "usage.js");
    put("/pages/admin.js", SCRIPT, "admin.js");
    put("/pages/pages.css", "text/css; charset=utf-8", "pages.css");
    put("/pages/icon.svg", "image/svg+xml", "icon.svg");
  }

  private void put(String path, String type, String file) {
    try (var in = Pages.class.getResourceAsStream("/dev/ash/gateway/pages/" + file)) {
      if (in == null) {
        throw new IllegalStateException(file + " is not in the jar");
      }
      pages.put(path, new Page(type, new String(in.readAllBytes(), UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Shows one, if it is one. */
  boolean shown(Response response, Visit visit) throws IOException {
    var page = pages.get(visit.path);
    if (page == null || !(visit.method.equals("GET") || visit.method.equals("HEAD"))) {
      return false;
    }
    response
        .getHeaders()
        .put("Content-Security-Policy", POLICY)
        .put("X-Content-Type-Options", "nosniff")
        .put("X-Frame-Options", "DENY")
        .put("Referrer-Policy", "no-referrer")
        .put("Cross-Origin-Opener-Policy", "same-origin")
        .put(HttpHeader.CACHE_CONTROL, "no-cache");
    answer.own(response, 200, page.type(), page.body().getBytes(UTF_8));
    return true;
  }
}
