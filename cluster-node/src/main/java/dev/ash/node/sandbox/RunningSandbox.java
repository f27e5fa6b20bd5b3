package dev.ash.node.sandbox;

import java.nio.file.Path;
import java.util.concurrent.CompletionStage;

/** A sandbox whose bridge listens. */
record RunningSandbox(
    String id,
    Sandboxes.Inside inside,
    Path bridgeSocket,
    String bridgeToken,
    Sandboxes.Timing timing,
    SandboxProcess process,
    Undo undo)
    implements Sandboxes.Sandbox {

  @Override
  public CompletionStage<Sandboxes.Exit> exit() {
    return process.exit();
  }

  @Override
  public void freeze() {
    process.freeze(true);
  }

  @Override
  public void thaw() {
    process.freeze(false);
  }

  @Override
  public void close() {
    undo.run();
  }

  /** Without the token: this is what gets into logs. */
  @Override
  public String toString() {
    return "RunningSandbox[" + id + ", pid " + process.pid() + "]";
  }
}
