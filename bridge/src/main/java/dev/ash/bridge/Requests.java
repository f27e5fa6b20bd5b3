package dev.ash.bridge;

import dev.ash.protocol.bridge.BridgeFrame;
import dev.ash.protocol.bridge.BridgeFrame.Failure;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;

/** Does what one node asks for, beside its connection. Each request is answered, come what may. */
final class Requests {
  static final int AT_ONCE = 48;

  private final Executor files;
  private final Outbox outbox;
  private final Semaphore free = new Semaphore(AT_ONCE);

  /** What a request is about; it sends its own answer unless it fails. */
  interface Work {
    void run() throws RequestException, InterruptedException;
  }

  /**
   * For one connection.
   *
   * @param files runs what needs files only, and has room for {@link #AT_ONCE}
   */
  Requests(Executor files, Outbox outbox) {
    this.files = files;
    this.outbox = outbox;
  }

  /** Something that programs may prolong, in a thread of its own. */
  void start(long id, Work work) {
    if (admitted(id) && !Threads.tryStart("request", () -> answer(id, work))) {
      free.release();
      refuse(id, Failure.BUSY, "the sandbox has as many threads as it may");
    }
  }

  /** Something with files, which has to be possible however many threads the agent has. */
  void read(long id, Work work) {
    if (admitted(id)) {
      try {
        files.execute(() -> answer(id, work));
      } catch (RejectedExecutionException _) {
        free.release();
        refuse(id, Failure.BUSY, "earlier owners' requests are still under way");
      }
    }
  }

  private boolean admitted(long id) {
    var admitted = free.tryAcquire();
    if (!admitted) {
      refuse(id, Failure.BUSY, "too many requests at once");
    }
    return admitted;
  }

  private void answer(long id, Work work) {
    try {
      work.run();
    } catch (RequestException e) {
      outbox.put(failed(id, e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      refuse(id, Failure.BUSY, "interrupted");
    } catch (OutOfMemoryError e) {
      refuse(id, Failure.BUSY, e.toString());
    } catch (RuntimeException e) {
      refuse(id, Failure.FAILED, e.toString());
    } finally {
      free.release();
    }
  }

  private void refuse(long id, Failure how, String why) {
    outbox.offer(new BridgeFrame.Failed(id, how, why));
  }

  static BridgeFrame failed(long id, RequestException e) {
    return new BridgeFrame.Failed(id, e.kind(), String.valueOf(e.getMessage()));
  }
}
