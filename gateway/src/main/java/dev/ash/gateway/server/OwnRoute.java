package dev.ash.gateway.server;

import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.Semaphore;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;

/** Paths that the gateway answers by itself, for whom they let in. */
interface OwnRoute {
  /** How many requests a route has room for; each may hold a body. */
  int PLACES = 16;

  boolean isFor(String path);

  /** A place for each request under way here; those that go upstream have others. */
  Semaphore room();

  /** Who sends the request, and whether it may come in here. */
  Door.Entry enter(Request request, Visit visit, Instant now);

  /** Whether a request for it has a body to be read. */
  default boolean hasBody(String method) {
    return method.equals("POST");
  }

  void handle(Request request, Response response, Visit visit, Door.Entry.Known known, byte[] body)
      throws IOException, InterruptedException;
}
