package dev.ash.protocol.session;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What happened to a session: the rows of its journal. The names are stored for ever; a new form
 * needs a golden file (persistence/src/test/resources/golden) and docs/adr/0004.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = SessionEvent.Created.class, name = "created"),
  @JsonSubTypes.Type(value = SessionEvent.TurnAccepted.class, name = "turn-accepted"),
  @JsonSubTypes.Type(value = SessionEvent.TurnStarted.class, name = "turn-started"),
  @JsonSubTypes.Type(value = SessionEvent.AgentSaid.class, name = "agent-said"),
  @JsonSubTypes.Type(value = SessionEvent.TurnContinued.class, name = "turn-continued"),
  @JsonSubTypes.Type(value = SessionEvent.TurnEnded.class, name = "turn-ended"),
  @JsonSubTypes.Type(value = SessionEvent.WorkspaceSaved.class, name = "workspace-saved"),
  @JsonSubTypes.Type(value = SessionEvent.Paused.class, name = "paused"),
  @JsonSubTypes.Type(value = SessionEvent.Resumed.class, name = "resumed"),
  @JsonSubTypes.Type(value = SessionEvent.Stopped.class, name = "stopped"),
  @JsonSubTypes.Type(value = SessionEvent.Ended.class, name = "ended"),
  @JsonSubTypes.Type(value = SessionEvent.Reconfigured.class, name = "reconfigured"),
  @JsonSubTypes.Type(value = SessionEvent.ModelNoted.class, name = "model-noted"),
})
public sealed interface SessionEvent {

  Instant at();

  /** The session's row counts after this event. */
  Marks marks();

  /**
   * The first event of every session, forked or not.
   *
   * @param request digest of what was asked for, if the client may ask again with the same key
   */
  record Created(
      TenantId tenant,
      AgentFolder agent,
      SessionSettings settings,
      Optional<Origin> origin,
      Optional<Digest> request,
      Marks marks,
      Instant at)
      implements SessionEvent {}

  /** A message was taken; its turn runs now or when those before it have ended. */
  record TurnAccepted(
      long turn,
      String contentJson,
      TurnOptions options,
      Optional<String> idempotencyKey,
      Marks marks,
      Instant at)
      implements SessionEvent {}

  record TurnStarted(long turn, Marks marks, Instant at) implements SessionEvent {}

  /**
   * A complete line of the agent, verbatim.
   *
   * @param tool name of the tool whose result the line is
   */
  record AgentSaid(long turn, String raw, Optional<String> tool, Marks marks, Instant at)
      implements SessionEvent {}

  /**
   * The agent's process was lost in mid-turn and the turn goes on in a new one.
   *
   * @param attempt counts from 1
   * @param interrupted tool calls that had started and whose result never came
   */
  record TurnContinued(
      long turn, int attempt, String reason, List<ToolCall> interrupted, Marks marks, Instant at)
      implements SessionEvent {
    public TurnContinued {
      interrupted = List.copyOf(interrupted);
    }
  }

  /** The only end of a turn; {@code error} is what the client is told before {@code done}. */
  record TurnEnded(long turn, Outcome outcome, Optional<String> error, Marks marks, Instant at)
      implements SessionEvent {}

  /** The workspace as of now is stored under this manifest. */
  record WorkspaceSaved(Digest manifest, Marks marks, Instant at) implements SessionEvent {}

  record Paused(Marks marks, Instant at) implements SessionEvent {}

  /**
   * A paused or stopped session was taken up again.
   *
   * @param path {@code warm} when the sandbox was still there, else {@code cold}
   * @param source where a cold one finds its files: {@code local}, {@code cloud} or {@code fresh}
   */
  record Resumed(String path, Optional<String> source, Marks marks, Instant at)
      implements SessionEvent {}

  record Stopped(Marks marks, Instant at) implements SessionEvent {}

  record Ended(Marks marks, Instant at) implements SessionEvent {}

  record Reconfigured(SessionSettings settings, Marks marks, Instant at) implements SessionEvent {}

  /**
   * The node has something to say of a turn: mostly of its model calls, hence the name.
   *
   * @param kind {@code budget_exceeded}, {@code rate_limited}, {@code model_failover} or {@code
   *     interrupt_requested}; a kind that a node does not know is shown by it and has no effect
   * @param dataJson an object
   */
  record ModelNoted(long turn, String kind, String dataJson, Marks marks, Instant at)
      implements SessionEvent {}

  /** Which deployed folder the session runs: fixed at creation, whatever is deployed later. */
  record AgentFolder(AgentName name, int version, Digest manifest) {}

  /** Where a fork came from: everything of {@code parent} up to and including {@code sequence}. */
  record Origin(SessionId parent, long sequence, Marks marks) {}

  record ToolCall(String id, String name) {}

  enum Outcome {
    COMPLETED,
    FAILED,
    INTERRUPTED,
    /** The session was stopped or ended under it, or it was withdrawn while it waited. */
    CANCELLED
  }
}
