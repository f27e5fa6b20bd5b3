package dev.ash.node.session;

import dev.ash.node.bridge.Bridge;
import dev.ash.node.model.ModelNotice;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * Hears one bridge, on the bridge's thread, and tells the worker. What is heard carries these ears,
 * so that the words of a process that is gone are known as such.
 */
final class BridgeEars implements Bridge.Listener {
  private final ActorRef<WorkerCommand> worker;
  private final LineBuffer lines;
  private final SandboxLog log;
  private final CompletableFuture<String> closed = new CompletableFuture<>();

  BridgeEars(ActorRef<WorkerCommand> worker, LineBuffer lines, SandboxLog log) {
    this.worker = worker;
    this.lines = lines;
    this.log = log;
  }

  @Override
  public void agentLine(String line) throws InterruptedException {
    lines.admit(line);
    worker.tell(new WorkerSignal.AgentLine(this, line));
  }

  /** The model proxy speaks of this process's calls, on any thread. */
  void modelNotice(ModelNotice notice) {
    worker.tell(new WorkerSignal.ModelNoticed(notice));
  }

  @Override
  public void agentLog(String line) {
    log.add("stderr", line);
  }

  @Override
  public void agentExited(int code) {
    worker.tell(new WorkerSignal.AgentExited(this, code));
  }

  @Override
  public void closed(String reason) {
    log.add("system", "Bridge closed: " + reason);
    closed.complete(reason);
  }

  /** Completes with the reason when the bridge is gone. */
  CompletionStage<String> closed() {
    return closed;
  }
}
