package dev.ash.node.session;

import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Cursor;
import dev.ash.protocol.session.SessionEvent.AgentFolder;
import dev.ash.protocol.session.SessionEvent.Origin;
import dev.ash.protocol.session.SessionEvent.Outcome;
import dev.ash.protocol.session.SessionSettings;
import dev.ash.protocol.session.TurnOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;

/** What a session entity can be told. Every {@link Asked} command is answered exactly once. */
sealed interface SessionCommand {

  /** Comes from a port, of this node or another. */
  sealed interface Asked extends SessionCommand, ClusterMessage {
    TenantId tenant();

    ActorRef<SessionReply> replyTo();
  }

  /** Asked for, and decided by {@link SessionRules}. */
  sealed interface Ruled extends Asked {}

  /**
   * Makes the session.
   *
   * @param origin of a fork, which is made in the state paused
   * @param request digest of what the client asked for under an idempotency key
   * @param workspace files to start with instead of the agent folder's
   */
  record Create(
      TenantId tenant,
      AgentFolder agent,
      SessionSettings settings,
      Map<String, String> environment,
      Optional<Origin> origin,
      Optional<Digest> request,
      Optional<Digest> workspace,
      ActorRef<SessionReply> replyTo)
      implements Ruled {}

  record Send(
      TenantId tenant,
      String contentJson,
      TurnOptions options,
      Sessions.WhenBusy whenBusy,
      Optional<String> idempotencyKey,
      ActorRef<SessionReply> replyTo)
      implements Ruled {}

  /** A {@link Send} whose content is in a parcel, being too large for a message between nodes. */
  record SendParcel(
      TenantId tenant,
      String parcel,
      TurnOptions options,
      Sessions.WhenBusy whenBusy,
      Optional<String> idempotencyKey,
      ActorRef<SessionReply> replyTo)
      implements Asked {
    Send with(String contentJson) {
      return new Send(tenant, contentJson, options, whenBusy, idempotencyKey, replyTo);
    }
  }

  /** Whichever turn runs. */
  record Interrupt(TenantId tenant, ActorRef<SessionReply> replyTo) implements Ruled {}

  /**
   * This turn and no other. A form of its own: a node that does not know it yet interrupts nothing,
   * where one that overlooked a member would interrupt somebody else's turn.
   */
  record InterruptTurn(TenantId tenant, long turn, ActorRef<SessionReply> replyTo)
      implements Ruled {}

  record Pause(TenantId tenant, ActorRef<SessionReply> replyTo) implements Ruled {}

  record Resume(TenantId tenant, ActorRef<SessionReply> replyTo) implements Ruled {}

  record Stop(TenantId tenant, ActorRef<SessionReply> replyTo) implements Ruled {}

  record End(TenantId tenant, ActorRef<SessionReply> replyTo) implements Ruled {}

  /**
   * Changes settings.
   *
   * @param expected tags of the only states in which it is wanted, see {@link ConfigTag}; empty
   *     allows every state, and comes from nodes that know no tags
   */
  record Reconfigure(
      TenantId tenant,
      Sessions.Patch patch,
      Optional<List<String>> expected,
      ActorRef<SessionReply> replyTo)
      implements Ruled {
    public Reconfigure {
      expected = expected.map(List::copyOf);
    }
  }

  /** Replaces the saved files of a session without a process, if nobody else has meanwhile. */
  record SwapWorkspace(
      TenantId tenant, Optional<Digest> expected, Digest next, ActorRef<SessionReply> replyTo)
      implements Ruled {}

  /** Answered by the entity or its worker, without any effect on the session. */
  sealed interface Served extends Asked {}

  record Show(TenantId tenant, ActorRef<SessionReply> replyTo) implements Served {}

  /** What lies after the cursor; parked up to {@code patience} when there is nothing. */
  record Read(
      TenantId tenant, Cursor after, int max, Duration patience, ActorRef<SessionReply> replyTo)
      implements Served {}

  record Exec(TenantId tenant, String command, Duration timeout, ActorRef<SessionReply> replyTo)
      implements Served {}

  record ListFiles(TenantId tenant, ActorRef<SessionReply> replyTo) implements Served {}

  record ReadFile(
      TenantId tenant, String path, long offset, int length, ActorRef<SessionReply> replyTo)
      implements Served {}

  record WriteFile(
      TenantId tenant,
      String path,
      long offset,
      String base64,
      boolean last,
      ActorRef<SessionReply> replyTo)
      implements Served {}

  /** Unpacks a tar that lies in the workspace over it, and deletes it; {@code Executed} tells. */
  record Unpack(TenantId tenant, String archive, ActorRef<SessionReply> replyTo)
      implements Served {}

  record DeleteFile(TenantId tenant, String path, ActorRef<SessionReply> replyTo)
      implements Served {}

  /** Saves what is not saved yet; {@code FileDone} or {@code NotLive} when it is. */
  record Flush(TenantId tenant, ActorRef<SessionReply> replyTo) implements Served {}

  record Logs(TenantId tenant, long after, ActorRef<SessionReply> replyTo) implements Served {}

  /** Comes from the entity's own worker or timers; never leaves the node. */
  sealed interface Internal extends SessionCommand {}

  /** Reported by the worker, and decided by {@link SessionRules}. */
  sealed interface Reported extends Internal {}

  /**
   * Lines of the agent, in order; acknowledged when those that are complete are stored.
   *
   * @param before complete lines that the worker has sent before these in this run of the turn
   */
  record Spoke(long turn, int before, List<Line> lines) implements Reported {
    public Spoke {
      lines = List.copyOf(lines);
    }
  }

  /** The agent is done; {@code workspace} is what was saved, if it changed. */
  record Finished(long turn, Outcome outcome, Optional<String> error, Optional<Digest> workspace)
      implements Reported {}

  /** The agent's process is gone in mid-turn. */
  record Lost(long turn, String reason) implements Reported {}

  /** Something about a model call of the turn. */
  record ModelSaid(long turn, String kind, String dataJson) implements Reported {}

  record Saved(Digest workspace) implements Reported {}

  /** The worker starts, for the first time or after a failure of its own: it knows of no turn. */
  record WorkerBorn() implements Internal {}

  /** Whether the worker has a process now. */
  record WorkerLive(boolean live) implements Internal {}

  /** Some answers' longest wait is over. */
  record UnparkTick() implements Internal {}

  /** Nothing was heard for a while. */
  record QuietTick() implements Internal {}

  /** The directory row is written, or could not be. */
  record RowWritten(ActorRef<SessionReply> replyTo, SessionReply reply, Optional<String> failure)
      implements Internal {}

  /** Give the session up: another node, or a later start of this one, goes on with it. */
  record HandOver() implements Internal {}

  /** The worker has saved what there was and has no process any more. */
  record HandedOver() implements Internal {}

  /**
   * A line of the agent.
   *
   * @param partial whether it is only shown and not stored
   */
  record Line(String raw, boolean partial) {}
}
