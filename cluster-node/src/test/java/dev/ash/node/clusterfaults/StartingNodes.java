package dev.ash.node.clusterfaults;

import dev.ash.node.e2e.StartedNode;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/** Nodes that are started at the same time, as those of a cluster that is founded. */
final class StartingNodes {
  private StartingNodes() {}

  /** Closes all, also those that came up beside one that did not. */
  static void closeAll(List<Future<StartedNode>> starting) throws Exception {
    if (starting.isEmpty()) {
      return;
    }
    try {
      starting.getFirst().get().close();
    } catch (ExecutionException _) {
      // It has never run; the test has said why.
    } finally {
      closeAll(starting.subList(1, starting.size()));
    }
  }
}
