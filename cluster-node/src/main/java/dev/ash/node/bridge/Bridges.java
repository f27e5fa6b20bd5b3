package dev.ash.node.bridge;

import java.io.IOException;
import java.nio.file.Path;

/** Opens connections to bridges. */
public interface Bridges {

  /**
   * Connects and says who the owner is. Blocks until the bridge has answered; call it on {@code
   * blocking-io}.
   *
   * @param epoch of the session's owner; a bridge obeys only the newest it has seen
   */
  Bridge connect(Path socket, String token, long epoch, Bridge.Listener listener)
      throws IOException, BridgeException;
}
