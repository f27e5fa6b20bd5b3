package dev.ash.node.session;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Cursor;
import dev.ash.protocol.session.Marks;
import dev.ash.protocol.session.Rejection;
import dev.ash.protocol.session.SessionEvent;
import dev.ash.protocol.session.SessionEvent.AgentFolder;
import dev.ash.protocol.session.SessionEvent.Origin;
import dev.ash.protocol.session.SessionSettings;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What a session entity answers. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = SessionReply.Shown.class, name = "shown"),
  @JsonSubTypes.Type(value = SessionReply.TurnTaken.class, name = "turn-taken"),
  @JsonSubTypes.Type(value = SessionReply.Interrupted.class, name = "interrupted"),
  @JsonSubTypes.Type(value = SessionReply.Refused.class, name = "refused"),
  @JsonSubTypes.Type(value = SessionReply.Stale.class, name = "stale"),
  @JsonSubTypes.Type(value = SessionReply.Batch.class, name = "batch"),
  @JsonSubTypes.Type(value = SessionReply.Behind.class, name = "behind"),
  @JsonSubTypes.Type(value = SessionReply.Executed.class, name = "executed"),
  @JsonSubTypes.Type(value = SessionReply.Listed.class, name = "listed"),
  @JsonSubTypes.Type(value = SessionReply.Part.class, name = "part"),
  @JsonSubTypes.Type(value = SessionReply.FileDone.class, name = "file-done"),
  @JsonSubTypes.Type(value = SessionReply.NotLive.class, name = "not-live"),
  @JsonSubTypes.Type(value = SessionReply.Logged.class, name = "logged"),
  @JsonSubTypes.Type(value = SessionReply.InParcel.class, name = "in-parcel"),
})
sealed interface SessionReply extends ClusterMessage {

  /** The session as it is now. */
  record Shown(View view) implements SessionReply {}

  /**
   * What is shown of a session. Neither messages nor what a client may make large are here: an
   * answer between nodes is at most 1 MiB.
   *
   * @param settings without the system prompt, subagents and MCP servers
   * @param configTag of all settings; empty from nodes that know no tags
   * @param turns empty from nodes that do not tell
   */
  record View(
      String status,
      TenantId tenant,
      AgentFolder agent,
      SessionSettings settings,
      Instant createdAt,
      Instant lastActiveAt,
      Optional<Origin> origin,
      Marks marks,
      long sequence,
      Optional<Digest> workspace,
      Optional<String> configTag,
      Optional<Turns> turns) {
    static View of(SessionState state) {
      var facts = SessionState.facts(state).orElseThrow();
      return new View(
          SessionState.status(state),
          facts.tenant(),
          facts.agent(),
          small(facts.settings()),
          facts.createdAt(),
          facts.lastActiveAt(),
          facts.origin(),
          facts.marks(),
          facts.sequence(),
          facts.workspace(),
          Optional.of(ConfigTag.of(facts.settings()).opaque()),
          Optional.of(Turns.of(state, facts)));
    }

    private static SessionSettings small(SessionSettings settings) {
      return new SessionSettings(
          settings.model(),
          Optional.empty(),
          settings.permissionMode(),
          settings.allowedTools(),
          settings.disallowedTools(),
          settings.betas(),
          Optional.empty(),
          settings.initialAgent(),
          Optional.empty(),
          settings.credentialId());
    }
  }

  /**
   * Which turns of a session are still to come to an end.
   *
   * @param last that was accepted
   * @param open the one that runs and those that wait
   */
  record Turns(long last, List<Long> open) {
    public Turns {
      open = List.copyOf(open);
    }

    private static Turns of(SessionState state, Facts facts) {
      var running =
          state instanceof SessionState.Running now
              ? Stream.of(now.turn().number())
              : Stream.<Long>empty();
      var waiting = facts.queue().stream().map(Facts.Pending::turn);
      return new Turns(facts.turns(), Stream.concat(running, waiting).toList());
    }

    /** False of a turn that is not there yet. */
    boolean hasEnded(long turn) {
      return turn <= last && !open.contains(turn);
    }
  }

  /** A message is in the log; its frames lie after the cursor. */
  record TurnTaken(long turn, Cursor from) implements SessionReply {}

  /** What was found of a turn that is not wanted any more. */
  record Interrupted(View view, long turn, Sessions.TurnWas was) implements SessionReply {}

  record Refused(Rejection why) implements SessionReply {}

  /** The settings have another tag than was expected. */
  record Stale(String tag) implements SessionReply {}

  /** What lies after the cursor that was asked for; empty when nothing came in time. */
  record Batch(List<Item> items) implements SessionReply {
    public Batch {
      items = List.copyOf(items);
    }
  }

  /** The cursor is older than what the entity holds: read the journal up to this sequence. */
  record Behind(long upTo) implements SessionReply {}

  record Executed(int exitCode, String stdout, String stderr) implements SessionReply {}

  /** Files of a live sandbox, and links, whose targets are not looked at. */
  record Listed(List<ListedFile> files) implements SessionReply {
    public Listed {
      files = List.copyOf(files);
    }
  }

  /**
   * A file of a workspace.
   *
   * @param link whether it is a link to somewhere
   */
  record ListedFile(String path, long size, int mode, Instant modified, boolean link) {}

  /** A part of a file of a live sandbox, in base64. */
  record Part(String base64, long size, boolean last) implements SessionReply {}

  record FileDone() implements SessionReply {}

  /**
   * No process runs: the files are the saved ones.
   *
   * @param workspace empty when nothing was saved yet; then they are those of the agent's folder
   */
  record NotLive(Optional<Digest> workspace, Digest agentFolder) implements SessionReply {
    Digest files() {
      return workspace.orElse(agentFolder);
    }
  }

  record Logged(List<Sessions.LogLine> lines) implements SessionReply {
    public Logged {
      lines = List.copyOf(lines);
    }
  }

  /** The answer is too large for a message between nodes; see {@link Parcels}. */
  record InParcel(String id) implements SessionReply {}

  /** Something a reader is to be shown. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Stored.class, name = "stored"),
    @JsonSubTypes.Type(value = InLog.class, name = "in-log"),
    @JsonSubTypes.Type(value = Delta.class, name = "delta"),
  })
  sealed interface Item {
    long sequence();
  }

  record Stored(long sequence, SessionEvent event) implements Item {}

  /** An event too large to be sent between nodes: read it from the journal. */
  record InLog(long sequence) implements Item {}

  /**
   * A partial line, published after an event.
   *
   * @param frame number of the delta's first frame
   */
  record Delta(long sequence, int frame, long turn, String raw) implements Item {}
}
