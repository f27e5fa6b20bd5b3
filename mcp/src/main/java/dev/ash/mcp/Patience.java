package dev.ash.mcp;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * How long a connection may be without a request that has come in wholly and may come in: then it
 * is closed, whether it said nothing or a byte now and then. What is served may last, as a stream
 * is silent as long as its agent is.
 */
final class Patience implements Connection.Listener {
  private final Scheduler scheduler;
  private final Duration longest;
  private final Map<EndPoint, Scheduler.Task> waiting = new ConcurrentHashMap<>();

  Patience(Scheduler scheduler, Duration longest) {
    this.scheduler = scheduler;
    this.longest = longest;
  }

  @Override
  public void onOpened(Connection connection) {
    begin(connection.getEndPoint());
  }

  @Override
  public void onClosed(Connection connection) {
    end(connection.getEndPoint());
  }

  /** A request is wanted, or the next one. */
  void begin(EndPoint caller) {
    var task = scheduler.schedule(caller::close, longest);
    var before = waiting.put(caller, task);
    if (before != null) {
      before.cancel();
    }
    if (!caller.isOpen()) {
      end(caller);
    }
  }

  /** It is here. */
  void end(EndPoint caller) {
    var task = waiting.remove(caller);
    if (task != null) {
      task.cancel();
    }
  }
}
