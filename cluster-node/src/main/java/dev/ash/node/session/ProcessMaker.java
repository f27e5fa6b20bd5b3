package dev.ash.node.session;

import dev.ash.node.sandbox.Places.Place;
import dev.ash.node.session.ProcessStarter.StartException;
import dev.ash.node.session.SessionWorker.Tools;
import dev.ash.node.session.WorkerCommand.Setup;
import dev.ash.protocol.id.SessionId;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorRef;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes a session's processes: waits for a place, then has one started, away from the worker. */
final class ProcessMaker {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessMaker.class);
  private static final String NO_ROOM =
      "Sandbox capacity reached and no evictable sandboxes (all running)";

  private final SessionId id;
  private final Tools tools;
  private final SandboxLog log;
  private final LineBuffer lines;
  private final ActorRef<WorkerCommand> worker;

  /** Completes when the last order that was taken back has left nothing. */
  private CompletableFuture<?> leaving = CompletableFuture.completedFuture(null);

  /**
   * A process on its way.
   *
   * @param outcome {@code Started} or {@code StartFailed}; fails only while the node ends
   */
  record Ordered(ProcessOrder order, CompletionStage<WorkerSignal> outcome) {}

  ProcessMaker(
      SessionId id, Tools tools, SandboxLog log, LineBuffer lines, ActorRef<WorkerCommand> worker) {
    this.id = id;
    this.tools = tools;
    this.log = log;
    this.lines = lines;
    this.worker = worker;
  }

  /** As soon as there is room, or not at all if that takes too long. */
  Ordered order(Setup setup) {
    var place = tools.places().take(this::evict).toCompletableFuture();
    var patience = tools.config().acquireTimeout();
    return ordered(
        new ProcessOrder(place.orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS)), setup);
  }

  /** Only if there is room now. */
  Optional<Ordered> orderIfFree(Setup setup) {
    return tools
        .places()
        .tryTake(this::evict)
        .map(p -> ordered(new ProcessOrder(CompletableFuture.completedFuture(p)), setup));
  }

  /**
   * Takes an order back; it may be anywhere from waiting for room to delivered. What is ordered
   * next is begun when nothing is left of it: both have the session's name.
   */
  void withdraw(Ordered ordered) {
    var order = ordered.order();
    leaving =
        CompletableFuture.allOf(
            CompletableFuture.runAsync(order::withdraw, tools.blocking()),
            ordered.outcome().toCompletableFuture());
  }

  private void evict() {
    worker.tell(new WorkerSignal.Evict());
  }

  private Ordered ordered(ProcessOrder order, Setup setup) {
    CompletionStage<WorkerSignal> outcome =
        order
            .place()
            .thenCombine(leaving.handle((_, _) -> true), (place, _) -> place)
            .handleAsync(
                (place, noPlace) ->
                    noPlace == null
                        ? make(order, place, setup)
                        : new WorkerSignal.StartFailed(order, NO_ROOM, true),
                tools.blocking());
    return new Ordered(order, outcome);
  }

  private WorkerSignal make(ProcessOrder order, Place place, Setup setup) {
    var ears = new BridgeEars(worker, lines, log);
    try {
      var live = tools.starter().start(id, setup, place, log, ears);
      if (order.deliver(live)) {
        return new WorkerSignal.Started(order, live, ears);
      }
      live.close();
      return new WorkerSignal.StartFailed(order, "nobody wants it any more", false);
    } catch (StartException e) {
      return failed(order, place, String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return failed(order, place, "the node is shutting down");
    } catch (RuntimeException | Error e) {
      // An Error too: a node that is out of threads for a moment must not lose the place for good.
      LOG.error("Session {}: making its sandbox failed", id, e);
      return failed(order, place, "unexpected failure: " + e);
    }
  }

  private WorkerSignal failed(ProcessOrder order, Place place, String why) {
    place.close();
    log.add("system", "Sandbox not started: " + why);
    return new WorkerSignal.StartFailed(order, why, false);
  }
}
