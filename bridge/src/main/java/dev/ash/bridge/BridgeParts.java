package dev.ash.bridge;

import java.nio.file.Path;
import java.time.InstantSource;

/** What every connection of one bridge works with. */
record BridgeParts(
    ProcessTree tree, AgentSlot agent, Commands commands, Workspace workspace, Digests digests) {

  static BridgeParts of(Path workspace, InstantSource clock) {
    var tree = new ProcessTree();
    return new BridgeParts(
        tree,
        new AgentSlot(tree, workspace),
        new Commands(tree, workspace),
        new Workspace(workspace),
        new Digests(clock));
  }
}
