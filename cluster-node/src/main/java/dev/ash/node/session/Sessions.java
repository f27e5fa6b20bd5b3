package dev.ash.node.session;

import dev.ash.node.upload.Content;
import dev.ash.protocol.http.EntityTag;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.http.Mismatch;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Cursor;
import dev.ash.protocol.session.Rejection;
import dev.ash.protocol.session.SessionSettings;
import dev.ash.protocol.session.TurnOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * The session feature as the rest of the node sees it (contract/ash-api.md sections 2.6 to 2.8). No
 * actor types leak out. A session of another tenant is a session that does not exist. A session
 * that does not answer in time gives {@link Rejection.Code#UNAVAILABLE}.
 */
public interface Sessions {

  /** S1. Answers once the session is in the log and in the list. */
  CompletionStage<Result<Session>> create(TenantId tenant, NewSession request);

  /** S2, newest first, and without their settings. */
  CompletionStage<Page> list(TenantId tenant, Query query);

  /** S3. */
  CompletionStage<Result<Session>> find(TenantId tenant, SessionId id);

  /** S4. A change that has been made already is not made again, whatever the guard says. */
  CompletionStage<Reconfiguration> reconfigure(
      TenantId tenant, SessionId id, Patch patch, IfMatch guard);

  /** S5. */
  CompletionStage<Result<Session>> pause(TenantId tenant, SessionId id);

  /** S6. */
  CompletionStage<Result<Session>> stop(TenantId tenant, SessionId id);

  /** S7. */
  CompletionStage<Result<Session>> resume(TenantId tenant, SessionId id);

  /** S8. */
  CompletionStage<Result<Session>> fork(TenantId tenant, SessionId id);

  /** S9. */
  CompletionStage<Result<Session>> end(TenantId tenant, SessionId id);

  /**
   * Ends every session of an agent and takes them out of the list; part of A4. Refused when some
   * could not be ended: these stay in the list, and the same call goes on with them.
   *
   * @return how many were taken out
   */
  CompletionStage<Result<Integer>> endAllOf(TenantId tenant, AgentName agent);

  /** Interrupts the running turn; a session without one is left as it is. */
  CompletionStage<Result<Session>> interrupt(TenantId tenant, SessionId id);

  /**
   * Interrupts this turn if it runs, and withdraws it if it waits; no other turn is touched. One
   * that has ended is left as it is, and one that was never accepted is not found.
   */
  CompletionStage<Result<Interrupted>> interruptTurn(TenantId tenant, SessionId id, long turn);

  /** S14. Answers once the message is in the log, whether its turn runs already or waits. */
  CompletionStage<Result<Accepted>> send(TenantId tenant, SessionId id, Message message);

  /** The session's frames after a cursor: first what is stored, then live ones. */
  CompletionStage<Result<Source<Frame, NotUsed>>> follow(
      TenantId tenant, SessionId id, Follow follow);

  /** S10. There may be more rows also behind fewer than {@code limit}: large ones come alone. */
  CompletionStage<Result<List<MessageRow>>> messages(
      TenantId tenant, SessionId id, long after, int limit);

  /** The last of all rows of S10; empty before anything was said. */
  CompletionStage<Result<Optional<MessageRow>>> newestMessage(TenantId tenant, SessionId id);

  /** S11, in pages like those of S10. */
  CompletionStage<Result<List<EventRow>>> events(
      TenantId tenant, SessionId id, long after, int limit, Optional<String> type);

  /** S12. */
  CompletionStage<Result<List<LogLine>>> logs(TenantId tenant, SessionId id, long after);

  /** S13. */
  CompletionStage<Result<ExecOutcome>> exec(
      TenantId tenant, SessionId id, String command, Duration timeout);

  /** F1. */
  CompletionStage<Result<Files>> files(TenantId tenant, SessionId id, boolean includeHidden);

  /**
   * F2. Fails before the first byte when the file is larger than {@code maxBytes}.
   *
   * @param path as the client wrote it, decoded
   */
  CompletionStage<Result<FileContent>> file(
      TenantId tenant, SessionId id, String path, long maxBytes);

  /** F3: one outcome a file, in order. */
  CompletionStage<Result<List<Written>>> writeFiles(
      TenantId tenant, SessionId id, String targetPath, List<NewFile> files);

  /** F4. */
  CompletionStage<Result<String>> deleteFile(TenantId tenant, SessionId id, String path);

  /** Figures for health and metrics. */
  CompletionStage<Stats> stats();

  /** What was asked for, or why not. */
  sealed interface Result<T> {
    record Ok<T>(T value) implements Result<T> {}

    record Refused<T>(Rejection why) implements Result<T> {}
  }

  /** What came of a change of a session's config. */
  sealed interface Reconfiguration {
    record Done(Session session) implements Reconfiguration {}

    record Refused(Rejection why) implements Reconfiguration {}

    /** The config is in a state in which the caller does not want it changed. */
    record Stale(Mismatch why) implements Reconfiguration {}
  }

  /**
   * A session as the wire shows it (contract 1.2).
   *
   * @param status one of starting, active, paused, stopped, ended, error
   * @param settings none in a list
   * @param configTag names what S4 can change; empty when it is not known here
   */
  record Session(
      SessionId id,
      TenantId tenant,
      AgentName agent,
      String sandboxId,
      String status,
      Instant createdAt,
      Instant lastActiveAt,
      Optional<String> runnerId,
      Optional<SessionId> parent,
      SessionSettings settings,
      Optional<EntityTag> configTag) {}

  /**
   * What S1 asks for, already validated.
   *
   * @param environment {@code extraEnv}: for the agent's process, stored outside the log
   * @param idempotencyKey the same key gives the same session again
   * @param activePrompt whether the agent's active version gives the prompt where {@code settings}
   *     has none
   */
  record NewSession(
      AgentName agent,
      SessionSettings settings,
      Map<String, String> environment,
      Optional<String> idempotencyKey,
      boolean activePrompt) {
    public NewSession {
      environment = Map.copyOf(environment);
    }

    public NewSession(
        AgentName agent,
        SessionSettings settings,
        Map<String, String> environment,
        Optional<String> idempotencyKey) {
      this(agent, settings, environment, idempotencyKey, true);
    }
  }

  /** What S4 changes: what is empty stays; a text that is there and empty takes it away. */
  record Patch(
      Optional<String> model,
      Optional<List<String>> allowedTools,
      Optional<List<String>> disallowedTools,
      Optional<List<String>> betas,
      Optional<String> subagentsJson,
      Optional<String> initialAgent) {
    public SessionSettings appliedTo(SessionSettings known) {
      return new SessionSettings(
          model.or(known::model).filter(text -> !text.isEmpty()),
          known.systemPrompt(),
          known.permissionMode(),
          allowedTools.orElseGet(known::allowedTools),
          disallowedTools.orElseGet(known::disallowedTools),
          betas.orElseGet(known::betas),
          subagentsJson.or(known::subagentsJson),
          initialAgent.or(known::initialAgent).filter(text -> !text.isEmpty()),
          known.mcpServersJson(),
          known.credentialId());
    }
  }

  /**
   * What to list.
   *
   * @param limit empty means all
   */
  record Query(
      Optional<AgentName> agent,
      Optional<String> status,
      OptionalInt limit,
      int offset,
      boolean withTotal) {}

  record Page(List<Session> sessions, OptionalLong total) {
    public Page {
      sessions = List.copyOf(sessions);
    }
  }

  /**
   * A message to the agent.
   *
   * @param contentJson JSON text of a string or of an array of content blocks
   */
  record Message(
      String contentJson,
      TurnOptions options,
      WhenBusy whenBusy,
      Optional<String> idempotencyKey) {}

  /** What happens to a message while a turn runs. */
  enum WhenBusy {
    QUEUE,
    REJECT,
    INTERRUPT
  }

  /**
   * A message that is in the log.
   *
   * @param from follow from here, with this turn, to get exactly this turn's frames
   */
  record Accepted(long turn, Cursor from) {}

  /**
   * What came of an interrupt of one turn.
   *
   * @param session as it is afterwards
   */
  record Interrupted(Session session, long turn, TurnWas was) {}

  /** What an interrupt found its turn at; the wire's words in lower case. */
  enum TurnWas {
    /** It is told to stop, and its stream says when it has. */
    RUNNING,
    /** It is withdrawn: it has ended, and nothing of it was run. */
    WAITING,
    /** Nothing was left to do. */
    ENDED
  }

  /**
   * What to follow.
   *
   * @param turn only frames of this turn, and the stream completes after its {@code done}
   * @param partials whether partial deltas are wanted
   */
  record Follow(Cursor after, OptionalLong turn, boolean partials) {}

  /**
   * One SSE frame.
   *
   * @param data JSON on one line
   */
  record Frame(Cursor id, String event, String data) {}

  /** A row of {@code GET /messages} (contract 1.3). */
  record MessageRow(String id, String role, String content, long sequence, Instant createdAt) {}

  /** A row of {@code GET /events} (contract 1.4). */
  record EventRow(
      String id, String type, Optional<String> data, long sequence, Instant createdAt) {}

  record LogLine(long index, String level, String text, Instant at) {}

  record ExecOutcome(int exitCode, String stdout, String stderr) {}

  /**
   * What a workspace holds.
   *
   * @param source {@code sandbox} or {@code snapshot}
   */
  record Files(List<FileInfo> files, String source) {}

  record FileInfo(String path, long size, Instant modified) {}

  record FileContent(String path, long size, String source, Source<ByteString, NotUsed> bytes) {}

  record NewFile(String path, Content content) {}

  /** Either the size that was written or why it was not. */
  record Written(String path, boolean written, OptionalLong size, Optional<String> error) {}

  /**
   * Sandboxes by state, and resumes since start (contract 8.1, 8.2).
   *
   * @param startedAhead how many sessions got a sandbox that waited for one
   */
  record Stats(
      long activeSessions,
      int warm,
      int waiting,
      int running,
      int maxSandboxes,
      long resumeWarm,
      long resumeCold,
      long resumeColdLocal,
      long resumeColdCloud,
      long resumeColdFresh,
      long startedAhead) {}
}
