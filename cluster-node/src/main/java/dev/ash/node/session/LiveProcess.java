package dev.ash.node.session;

import dev.ash.node.bridge.Bridge;
import dev.ash.node.driver.AgentDriver.Conversation;
import dev.ash.node.sandbox.Places.Place;
import dev.ash.node.sandbox.Sandboxes.Sandbox;

/**
 * A session's sandbox with the bridge in it: made by {@link ProcessStarter}, owned by the worker.
 */
record LiveProcess(
    Place place,
    Sandbox sandbox,
    Bridge bridge,
    Conversation conversation,
    ExecLimits.Session execs) {

  /** Kills everything inside and gives the place back. Blocks for some milliseconds. */
  void close() {
    bridge.close();
    sandbox.close();
    place.close();
  }
}
