package dev.ash.client;

import dev.ash.client.http.Call;
import dev.ash.client.http.Connection;
import dev.ash.client.http.OnlyIf;
import dev.ash.client.http.Paths;
import dev.ash.client.http.Query;
import dev.ash.client.model.ExecResult;
import dev.ash.client.model.LogLine;
import dev.ash.client.model.Message;
import dev.ash.client.model.NewSession;
import dev.ash.client.model.Session;
import dev.ash.client.model.SessionConfig;
import dev.ash.client.model.SessionFilter;
import dev.ash.client.model.SessionStatus;
import dev.ash.client.model.StoredMessage;
import dev.ash.client.model.TimelineEvent;
import dev.ash.client.model.TurnWas;
import dev.ash.client.stream.EventStream;
import dev.ash.protocol.json.Json;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Conversations with agents: {@code /api/sessions}. */
public final class Sessions {
  private final Connection connection;
  private final Supplier<String> newKey;
  private final EventStream.Settings streams;

  Sessions(Connection connection, Supplier<String> newKey, EventStream.Settings streams) {
    this.connection = connection;
    this.newKey = newKey;
    this.streams = streams;
  }

  /** Creates a session; waits until its sandbox runs, which may take minutes. */
  public Session create(NewSession session) {
    var key = session.idempotencyKey().orElseGet(newKey);
    return session(Call.post("/api/sessions", session.json()).once(key));
  }

  /** The newest first. */
  public List<Session> list(SessionFilter filter) {
    var query =
        new Query("/api/sessions")
            .andIf("agent", filter.agent())
            .andIf("status", filter.status().map(SessionStatus::wire))
            .andIf("limit", filter.limit())
            .andIf("offset", filter.offset());
    var answer = connection.json(Call.get(query.toString()));
    return answer
        .path("sessions")
        .valueStream()
        .map(session -> Session.of(session, Optional.empty()))
        .toList();
  }

  public Session get(String id) {
    return session(Call.get(path(id)));
  }

  /** Changes what its next turns run with. */
  public Session configure(String id, SessionConfig config) {
    return session(Call.patch(path(id) + "/config", config.json()));
  }

  /**
   * The same, only while the config is in the state that this {@link Session#configEtag} names;
   * else {@link AshException.Stale}.
   */
  public Session configure(String id, SessionConfig config, String ifMatch) {
    var call = Call.patch(path(id) + "/config", config.json());
    return session(call.when(Optional.of(new OnlyIf.Unchanged(ifMatch))));
  }

  /** Sets it aside; its files and conversation stay. */
  public Session pause(String id) {
    return session(Call.post(path(id) + "/pause"));
  }

  /** Goes on with a session that is paused or stopped; without effect on one that is active. */
  public Session resume(String id) {
    return session(Call.post(path(id) + "/resume"));
  }

  /** Stops it and its turn. */
  public Session stop(String id) {
    return session(Call.post(path(id) + "/stop"));
  }

  /** A new, paused session with the same files and conversation. */
  public Session fork(String id) {
    return session(Call.post(path(id) + "/fork"));
  }

  /** Ends it for good; may be repeated. */
  public Session end(String id) {
    return session(Call.delete(path(id)));
  }

  /** Stops the turn that runs, whoever began it; the session stays. */
  public void interrupt(String id) {
    connection.json(Call.post(path(id) + "/interrupt"));
  }

  /**
   * Stops this turn ({@link EventStream#turn}) if it runs, and withdraws it if it waits behind
   * another; no other turn is touched. May be repeated.
   */
  public TurnWas interrupt(String id, long turn) {
    var query = new Query(path(id) + "/interrupt").and("turn", turn);
    return TurnWas.of(connection.json(Call.post(query.toString())).at("/turn/was").asText());
  }

  /**
   * Sends a message; the stream gives the turn's events and ends with it, over broken connections.
   * The message is sent once, however often the connection breaks. Closing the stream early does
   * not stop the turn.
   */
  public EventStream send(String id, Message message) {
    var key = message.idempotencyKey().orElseGet(newKey);
    var call = Call.post(path(id) + "/messages", message.json()).once(key);
    return EventStream.turn(connection, id, call, streams);
  }

  /** Sends a text. */
  public EventStream send(String id, String text) {
    return send(id, Message.of(text));
  }

  /** All events of a session from the first one on, until it has ended. */
  public EventStream follow(String id) {
    return EventStream.session(connection, id, Optional.empty(), streams);
  }

  /** All events behind the one with this id, until the session has ended. */
  public EventStream followBehind(String id, String eventId) {
    return EventStream.session(connection, id, Optional.of(eventId), streams);
  }

  /**
   * Up to {@code limit} (1 to 1000) messages behind a sequence number; 0 is before the first. Large
   * ones come in shorter lists, so only an empty list says that there are no more.
   */
  public List<StoredMessage> messages(String id, long after, int limit) {
    var query = new Query(path(id) + "/messages").and("limit", limit).and("after", after);
    var answer = connection.json(Call.get(query.toString()));
    return answer.path("messages").valueStream().map(StoredMessage::of).toList();
  }

  /**
   * Up to {@code limit} (1 to 1000) rows of the timeline behind a sequence number, in lists like
   * those of messages.
   */
  public List<TimelineEvent> timeline(String id, long after, int limit) {
    var query = new Query(path(id) + "/events").and("limit", limit).and("after", after);
    var answer = connection.json(Call.get(query.toString()));
    return answer.path("events").valueStream().map(TimelineEvent::of).toList();
  }

  /** What its sandbox printed behind a line's index; -1 is before the first. */
  public List<LogLine> logs(String id, long after) {
    var answer = connection.json(Call.get(path(id) + "/logs?after=" + after));
    return answer.path("logs").valueStream().map(LogLine::of).toList();
  }

  /** Runs a shell command in its sandbox, for up to 5 minutes. */
  public ExecResult exec(String id, String command, Duration timeout) {
    var body = Json.object().put("command", command).put("timeout", timeout.toMillis());
    var call =
        Call.post(path(id) + "/exec", body).within(connection.target().answer().plus(timeout));
    return ExecResult.of(connection.json(call));
  }

  private Session session(Call call) {
    var answer = connection.answer(call);
    return Session.of(answer.json().path("session"), answer.etag());
  }

  private static String path(String id) {
    return "/api/sessions/" + Paths.segment(id);
  }
}
