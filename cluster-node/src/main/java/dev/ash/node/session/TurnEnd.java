package dev.ash.node.session;

import dev.ash.protocol.session.SessionEvent;
import dev.ash.protocol.session.SessionEvent.TurnAccepted;
import dev.ash.protocol.session.SessionEvent.TurnStarted;
import java.util.OptionalLong;

/**
 * Where the end of the turn that a reader wants lies, as far as the reader knows. Pure.
 *
 * @param isKnown whether the owner has to be asked before anything is waited for
 * @param within the sequence up to which it has ended; beyond all sequences if it has not
 */
record TurnEnd(boolean isKnown, long within) {
  /** It will be seen when it comes; so will what is wanted by who wants no turn. */
  static final TurnEnd AHEAD = new TurnEnd(true, Long.MAX_VALUE);

  private static final TurnEnd UNKNOWN = new TurnEnd(false, Long.MAX_VALUE);

  /** For who begins to read, anywhere. */
  static TurnEnd unknown(OptionalLong wanted) {
    return wanted.isPresent() ? UNKNOWN : AHEAD;
  }

  /** After its owner has shown the session: a turn that is not there yet is waited for. */
  static TurnEnd shown(OptionalLong wanted, SessionReply.View view) {
    return wanted.isPresent()
            && view.turns().filter(turns -> turns.hasEnded(wanted.getAsLong())).isPresent()
        ? new TurnEnd(true, view.sequence())
        : AHEAD;
  }

  /** After an event was read: who sees the turn begin sees it end. */
  TurnEnd afterSeeing(OptionalLong wanted, SessionEvent event) {
    var begins =
        (event instanceof TurnAccepted accepted && wanted.equals(OptionalLong.of(accepted.turn())))
            || (event instanceof TurnStarted started
                && wanted.equals(OptionalLong.of(started.turn())));
    return begins ? AHEAD : this;
  }

  /** Whether the end is at this sequence or before it. */
  boolean isBehind(long sequence) {
    return within <= sequence;
  }
}
