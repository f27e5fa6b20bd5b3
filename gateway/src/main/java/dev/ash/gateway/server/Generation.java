package dev.ash.gateway.server;

import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** What one configuration made. It is put away when another serves and its last call has ended. */
final class Generation {
  private final Edge edge;
  private final Relay relay;
  private final Watch watch;
  private final Door door;
  private int calls;
  private boolean retired;

  Generation(Edge edge, Relay relay, Watch watch, Door door) {
    this.edge = edge;
    this.relay = relay;
    this.watch = watch;
    this.door = door;
  }

  Door door() {
    return door;
  }

  /** Answers; false when it is retired, and the next generation has to. */
  boolean handled(Request request, Response response, Callback callback) {
    synchronized (this) {
      if (retired) {
        return false;
      }
      calls++;
    }
    try {
      edge.handle(request, response, callback);
    } finally {
      left();
    }
    return true;
  }

  private void left() {
    boolean last;
    synchronized (this) {
      calls--;
      last = retired && calls == 0;
    }
    if (last) {
      close();
    }
  }

  void retire() {
    boolean last;
    synchronized (this) {
      retired = true;
      last = calls == 0;
    }
    if (last) {
      close();
    }
  }

  /** Ends also what is under way. */
  void close() {
    relay.close();
    watch.close();
  }
}
