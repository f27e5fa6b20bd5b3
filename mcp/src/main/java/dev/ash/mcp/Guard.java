package dev.ash.mcp;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.server.Request;

/** Asks the door before anything else reads a request, and reads it before it is served. */
final class Guard extends HttpFilter {
  private static final long serialVersionUID = 1;

  /** Far more than a message to an agent; the SDK would read any number of bytes. */
  private static final int LARGEST_BODY = 16 << 20;

  private final transient Door door;
  private final transient Patience patience;
  private volatile boolean closed;

  Guard(Door door, Patience patience) {
    this.door = door;
    this.patience = patience;
  }

  /** Lets nobody in any more. */
  void close() {
    closed = true;
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    var refusal =
        door.refusal(
            request.getHeader("Host"),
            request.getHeader("Origin"),
            request.getHeader("Authorization"));
    if (refusal.isPresent()) {
      if (refusal.get().status() == 401) {
        response.setHeader("WWW-Authenticate", "Bearer");
      }
      refuse(response, refusal.get().status(), refusal.get().text());
      return;
    }
    if (closed) {
      response.setHeader("Retry-After", "5");
      refuse(response, 503, "This server is stopping; try again");
      return;
    }
    byte[] body;
    try {
      body = request.getInputStream().readNBytes(LARGEST_BODY + 1);
    } catch (IOException _) {
      // It broke off, or took too long: nobody is there to be told.
      response.setStatus(400);
      return;
    }
    if (body.length > LARGEST_BODY) {
      refuse(response, 413, "Larger than " + LARGEST_BODY + " bytes");
      return;
    }
    var served = ServletContextRequest.getServletContextRequest(request);
    var caller = served.getConnectionMetaData().getConnection().getEndPoint();
    patience.end(caller);
    Request.addCompletionListener(served, _ -> patience.begin(caller));
    chain.doFilter(new WholeRequest(request, body), response);
  }

  private static void refuse(HttpServletResponse response, int status, String text)
      throws IOException {
    response.setStatus(status);
    response.setContentType("application/json");
    response.getWriter().write("{\"error\":\"" + text + "\"}");
  }

  /** A request whose body is here; the SDK reads it as text. */
  private static final class WholeRequest extends HttpServletRequestWrapper {
    private final String body;

    WholeRequest(HttpServletRequest request, byte[] body) {
      super(request);
      this.body = new String(body, StandardCharsets.UTF_8);
    }

    @Override
    public BufferedReader getReader() {
      return new BufferedReader(new StringReader(body));
    }
  }
}
