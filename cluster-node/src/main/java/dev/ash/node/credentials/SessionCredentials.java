package dev.ash.node.credentials;

import dev.ash.config.Secret;
import dev.ash.protocol.id.SessionId;
import java.util.concurrent.CompletionStage;

/** Which key a session's model calls carry; it is added outside the sandbox. */
@FunctionalInterface
public interface SessionCredentials {

  /** Answers from memory when the same was asked a moment ago. */
  CompletionStage<Choice> of(SessionId session);

  /** Whose key it is. */
  sealed interface Choice {
    /** The session was made without one for the model. */
    record OfNode() implements Choice {}

    /** This, and nothing of the node's. */
    record OfSession(String header, Secret value) implements Choice {}

    /** The session has one that cannot be used: the node's is not a substitute. */
    record Unusable(String why) implements Choice {}

    /**
     * A key that a header has to carry.
     *
     * @param scheme what stands before the key
     * @param otherwise why it is unusable when it does not fit into a header
     */
    static Choice ofSession(String header, String scheme, String key, String otherwise) {
      return key.matches("[!-~]([ -~]*[!-~])?")
          ? new OfSession(header, new Secret(scheme + key))
          : new Unusable(otherwise);
    }
  }
}
