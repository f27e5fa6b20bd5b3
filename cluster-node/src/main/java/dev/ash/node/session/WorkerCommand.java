package dev.ash.node.session;

import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.SessionEvent.AgentFolder;
import dev.ash.protocol.session.SessionEvent.Origin;
import dev.ash.protocol.session.SessionSettings;
import dev.ash.protocol.session.TurnOptions;
import java.util.Optional;

/** What a session asks of the child that owns its process. Node-local: never serialized. */
sealed interface WorkerCommand {

  /**
   * What a process of the session is made from.
   *
   * @param talked whether there is a conversation to go on with
   */
  record Setup(
      TenantId tenant,
      AgentFolder agent,
      SessionSettings settings,
      Optional<Digest> workspace,
      Optional<Origin> origin,
      boolean talked) {
    static Setup of(Facts facts) {
      return new Setup(
          facts.tenant(),
          facts.agent(),
          facts.settings(),
          facts.workspace(),
          facts.origin(),
          facts.talked());
    }
  }

  /** Makes a process ready if there is room, so that the first turn need not wait for it. */
  record Prepare(Setup setup) implements WorkerCommand {}

  /**
   * Works on a turn until it reports {@code Finished} or {@code Lost}.
   *
   * @param continuation the agent is told to go on instead of being told the content again
   */
  record Run(Setup setup, long turn, String contentJson, TurnOptions options, boolean continuation)
      implements WorkerCommand {}

  record Interrupt(long turn) implements WorkerCommand {}

  /** Reports the turn as lost unless it runs here. */
  record Confirm(long turn) implements WorkerCommand {}

  /** Forgets the turn: it has ended in the log. */
  record Abandon(long turn) implements WorkerCommand {}

  /** Saves the workspace if there is a process. */
  record Save() implements WorkerCommand {}

  /** Saves, then ends the process. */
  record Release() implements WorkerCommand {}

  /** The stored files were changed while there was no process; the next one starts with these. */
  record FilesChanged(Digest files) implements WorkerCommand {}

  /** Saves what can be saved and ends; answered with {@code HandedOver}. */
  record HandOver(boolean letTurnEnd) implements WorkerCommand {}

  /** The lines of the last {@code Spoke} are stored. */
  record Acknowledge() implements WorkerCommand {}

  /** The session was read again: what it may not have taken is to be told again. */
  record Resend() implements WorkerCommand {}

  /** Something a client asks of the live sandbox; the worker answers {@code request.replyTo()}. */
  record Serve(Setup setup, SessionCommand.Served request) implements WorkerCommand {}

  /** Comes from the worker's own stages and timers. */
  sealed interface Internal extends WorkerCommand permits WorkerSignal {}
}
