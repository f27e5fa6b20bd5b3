package dev.ash.bridge;

import dev.ash.protocol.bridge.BridgeFrame;
import dev.ash.protocol.bridge.BridgeFrame.Failure;
import dev.ash.protocol.bridge.NodeFrame;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The place of the one agent a bridge runs; its words go to whoever is the owner. */
final class AgentSlot {
  private final ProcessTree tree;
  private final Path workspace;
  private volatile @Nullable Outbox owner;
  private @Nullable Agent agent;

  AgentSlot(ProcessTree tree, Path workspace) {
    this.tree = tree;
    this.workspace = workspace;
  }

  void follow(Outbox newOwner) {
    owner = newOwner;
  }

  synchronized void start(NodeFrame.StartProgram start) throws RequestException {
    requireFree();
    var program = start.command().isEmpty() ? "" : start.command().getFirst();
    if (program.isEmpty() || (program.contains("/") && !Files.isExecutable(Path.of(program)))) {
      throw new RequestException(Failure.NOT_FOUND, "agent: no such program");
    }
    try {
      agent = AgentProcess.start(tree, start.command(), start.env(), workspace, new Words());
    } catch (IOException | IllegalArgumentException e) {
      throw new RequestException(Failure.FAILED, "agent: cannot start: " + e.getMessage());
    }
  }

  synchronized void start(NodeFrame.StartMock start) throws RequestException {
    requireFree();
    agent = MockAgent.start(start.sessionId(), workspace, MockAgent.REAL_TIME, new Words());
  }

  private void requireFree() throws RequestException {
    var current = agent;
    if (current != null && current.alive()) {
      throw new RequestException(Failure.INVALID, "agent: runs already");
    }
  }

  void line(NodeFrame.Line line, Runnable taken) throws RequestException {
    var current = current();
    if (current == null || !current.alive()) {
      throw new RequestException(Failure.INVALID, "agent: does not run");
    }
    if (!current.line(line.data(), line.last(), taken)) {
      throw new RequestException(Failure.FAILED, "agent: does not read its input");
    }
  }

  void stop(Duration grace) throws InterruptedException {
    var current = current();
    if (current != null) {
      current.stop(grace);
    }
  }

  private synchronized @Nullable Agent current() {
    return agent;
  }

  private final class Words implements Agent.Outlet {
    private final LineForwarder lines = new LineForwarder(() -> owner);

    @Override
    public synchronized void output(byte[] bytes, int from, int to) {
      lines.accept(bytes, from, to);
    }

    @Override
    public void log(String line) {
      tell(new BridgeFrame.AgentLog(line));
    }

    @Override
    public void exited(int code) {
      synchronized (this) {
        lines.end();
      }
      tell(new BridgeFrame.AgentExited(code & 0xff));
    }

    private void tell(BridgeFrame frame) {
      var current = owner;
      if (current != null) {
        current.put(frame);
      }
    }
  }
}
