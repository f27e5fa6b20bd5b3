package dev.ash.node.model;

import dev.ash.protocol.id.SessionId;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Forwards a session's model calls. The session is known by the socket the call came in on; what
 * the sandbox sends as credential is dropped and the node's own is added.
 */
public interface ModelProxy {

  /**
   * Listens on a Unix socket until the result is closed. Blocks briefly.
   *
   * @param socket path to be created; any process that may reach it speaks for the session
   */
  AutoCloseable listen(Account account, Path socket) throws IOException;

  /** The session's calls belong to this turn from now on. */
  void turn(SessionId session, long number);
}
