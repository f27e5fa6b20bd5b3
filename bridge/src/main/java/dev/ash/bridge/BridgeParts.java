package dev.ash.bridge;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.Executor;

/** What every connection of one bridge works with. */
record BridgeParts(
    ProcessTree tree,
    AgentSlot agent,
    Commands commands,
    Workspace workspace,
    Digests digests,
    Executor files) {
  /** A list that computes digests holds one for long. */
  private static final int FILE_THREADS = 4;

  static BridgeParts of(Path workspace, InstantSource clock) {
    var tree = new ProcessTree();
    return new BridgeParts(
        tree,
        new AgentSlot(tree, workspace),
        new Commands(tree, workspace),
        new Workspace(workspace),
        new Digests(clock),
        Threads.reserved("files", FILE_THREADS, 2 * Requests.AT_ONCE));
  }
}
