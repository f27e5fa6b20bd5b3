package dev.ash.node.api;

import static dev.ash.node.api.SessionRoutes.SESSION_ID;
import static dev.ash.node.api.json.Schema.object;
import static dev.ash.node.api.json.Schema.text;
import static dev.ash.node.api.json.Schema.whole;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import dev.ash.node.api.http.Endpoint;
import dev.ash.node.api.http.Exchange;
import dev.ash.node.api.http.Replies;
import dev.ash.node.api.json.Schema;
import dev.ash.node.session.Sessions;
import dev.ash.node.session.Sessions.EventRow;
import dev.ash.node.session.Sessions.LogLine;
import dev.ash.node.session.Sessions.MessageRow;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/** What a session said and did (S10 to S12), and commands in its sandbox (S13). */
final class HistoryRoutes {
  private static final long DEFAULT_TIMEOUT = 30_000;

  private static final Schema.Fields MESSAGES =
      object().with("limit", whole().from(1).to(1000), 100).with("after", whole().from(0), 0);

  private static final Schema.Fields EVENTS =
      object()
          .with("limit", whole().from(1).to(1000), 200)
          .with("after", whole().from(0), 0)
          .with("type", text());

  private static final Schema.Fields LOGS = object().with("after", whole().from(-1), -1);

  private static final Schema.Fields EXEC =
      object()
          .required("command", text())
          .with("timeout", whole().from(1).to(300_000), DEFAULT_TIMEOUT);

  private final Sessions sessions;

  @JsonPropertyOrder({"id", "sessionId", "role", "content", "sequence", "createdAt", "tenantId"})
  record MessageView(
      String id,
      String sessionId,
      String role,
      String content,
      long sequence,
      String createdAt,
      String tenantId) {}

  @JsonPropertyOrder({"id", "sessionId", "type", "sequence", "createdAt", "tenantId", "data"})
  record EventView(
      String id,
      String sessionId,
      String type,
      long sequence,
      String createdAt,
      String tenantId,
      @Nullable String data) {}

  @JsonPropertyOrder({"index", "level", "text", "ts"})
  record LogView(long index, String level, String text, String ts) {}

  @JsonPropertyOrder({"logs", "source"})
  record LogsView(List<LogView> logs, String source) {}

  @JsonPropertyOrder({"exitCode", "stdout", "stderr"})
  record ExecView(int exitCode, String stdout, String stderr) {}

  HistoryRoutes(Sessions sessions) {
    this.sessions = sessions;
  }

  List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get("/api/sessions/:id/messages", this::messages)
            .withParams(SESSION_ID)
            .withQuery(MESSAGES),
        Endpoint.get("/api/sessions/:id/events", this::events)
            .withParams(SESSION_ID)
            .withQuery(EVENTS),
        Endpoint.get("/api/sessions/:id/logs", this::logs).withParams(SESSION_ID).withQuery(LOGS),
        Endpoint.post("/api/sessions/:id/exec", EXEC, this::exec)
            .withParams(SESSION_ID)
            .withShortFaults());
  }

  private CompletionStage<HttpResponse> messages(Exchange exchange) {
    return sessions
        .messages(exchange.tenant(), exchange.session(), after(exchange), limit(exchange))
        .thenApply(
            Outcomes.ofSession(
                rows ->
                    Replies.ok(
                        Map.of("messages", rows.stream().map(r -> view(exchange, r)).toList()))));
  }

  private CompletionStage<HttpResponse> events(Exchange exchange) {
    return sessions
        .events(
            exchange.tenant(),
            exchange.session(),
            after(exchange),
            limit(exchange),
            exchange.query("type"))
        .thenApply(
            Outcomes.ofSession(
                rows ->
                    Replies.ok(
                        Map.of("events", rows.stream().map(r -> view(exchange, r)).toList()))));
  }

  private CompletionStage<HttpResponse> logs(Exchange exchange) {
    return sessions
        .logs(exchange.tenant(), exchange.session(), after(exchange))
        .thenApply(
            Outcomes.ofSession(
                lines ->
                    Replies.ok(
                        new LogsView(
                            lines.stream().map(HistoryRoutes::view).toList(), "sandbox"))));
  }

  private CompletionStage<HttpResponse> exec(Exchange exchange) {
    return sessions
        .exec(
            exchange.tenant(),
            exchange.session(),
            exchange.field("command").orElseThrow(),
            Duration.ofMillis(exchange.body().path("timeout").asLong()))
        .thenApply(
            Outcomes.ofSession(
                done -> Replies.ok(new ExecView(done.exitCode(), done.stdout(), done.stderr()))));
  }

  private static long after(Exchange exchange) {
    return exchange.query().path("after").asLong();
  }

  private static int limit(Exchange exchange) {
    return exchange.query().path("limit").asInt();
  }

  private static MessageView view(Exchange exchange, MessageRow row) {
    return new MessageView(
        row.id(),
        exchange.session().value(),
        row.role(),
        row.content(),
        row.sequence(),
        Stamp.of(row.createdAt()),
        exchange.tenant().value());
  }

  private static EventView view(Exchange exchange, EventRow row) {
    return new EventView(
        row.id(),
        exchange.session().value(),
        row.type(),
        row.sequence(),
        Stamp.of(row.createdAt()),
        exchange.tenant().value(),
        row.data().orElse(null));
  }

  private static LogView view(LogLine line) {
    return new LogView(line.index(), line.level(), line.text(), Stamp.of(line.at()));
  }
}
