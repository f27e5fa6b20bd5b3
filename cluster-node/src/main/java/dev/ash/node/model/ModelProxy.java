package dev.ash.node.model;

import dev.ash.protocol.id.SessionId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletionStage;

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

  /**
   * Environment of the session's programs for model calls that they make by themselves; empty
   * unless the operator wants their credential inside (docs/adr/0025). Fails where it cannot be
   * read; the message is for the client and names no secret.
   */
  CompletionStage<Map<String, String>> given(SessionId session);

  /** The session's calls belong to this turn from now on. */
  void turn(SessionId session, long number);
}
