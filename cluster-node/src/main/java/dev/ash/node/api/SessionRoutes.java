package dev.ash.node.api;

import static dev.ash.node.api.json.Schema.bool;
import static dev.ash.node.api.json.Schema.listOf;
import static dev.ash.node.api.json.Schema.mapOf;
import static dev.ash.node.api.json.Schema.object;
import static dev.ash.node.api.json.Schema.oneOf;
import static dev.ash.node.api.json.Schema.text;
import static dev.ash.node.api.json.Schema.uuid;
import static dev.ash.node.api.json.Schema.whole;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import dev.ash.node.api.http.Endpoint;
import dev.ash.node.api.http.Exchange;
import dev.ash.node.api.http.Problems;
import dev.ash.node.api.http.Replies;
import dev.ash.node.api.json.Schema;
import dev.ash.node.credentials.CredentialVariables;
import dev.ash.node.credentials.Credentials;
import dev.ash.node.credentials.Credentials.Found;
import dev.ash.node.session.Sessions;
import dev.ash.node.session.Sessions.Interrupted;
import dev.ash.node.session.Sessions.NewSession;
import dev.ash.node.session.Sessions.Page;
import dev.ash.node.session.Sessions.Patch;
import dev.ash.node.session.Sessions.Query;
import dev.ash.node.session.Sessions.Reconfiguration;
import dev.ash.node.session.Sessions.Result;
import dev.ash.node.session.Sessions.Session;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.SessionSettings;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/** {@code /api/sessions}: rows S1 to S9 of the contract, and interrupt. */
final class SessionRoutes {
  static final Schema.Fields SESSION_ID = object().required("id", uuid());

  private static final Schema.Fields MCP_SERVER =
      object()
          .with("url", text())
          .with("command", text())
          .with("args", listOf(text()))
          .with("env", mapOf(text()));

  private static final Schema.Fields NEW_SESSION =
      object()
          .required("agent", text().between(1, 255))
          .with("credentialId", text().between(0, 255))
          .with("extraEnv", mapOf(text()))
          .with("model", text().between(0, 100))
          .with("mcpServers", mapOf(MCP_SERVER))
          .with("systemPrompt", text().between(0, 1_000_000))
          .with("permissionMode", oneOf("bypassPermissions", "permissionsByAgent", "default"))
          .with("allowedTools", listOf(text()))
          .with("disallowedTools", listOf(text()))
          .with("betas", listOf(text()))
          .with("subagents", object())
          .with("initialAgent", text());

  private static final Schema.Fields CHANGE =
      object()
          .with("model", text().between(0, 100))
          .with("allowedTools", listOf(text()))
          .with("disallowedTools", listOf(text()))
          .with("betas", listOf(text()))
          .with("subagents", object())
          .with("initialAgent", text());

  private static final Schema.Fields LISTING =
      object()
          .with("agent", text())
          .with("status", oneOf("starting", "active", "paused", "stopped", "ended", "error"))
          .with("limit", whole().from(1).to(1000))
          .with("offset", whole().from(0), 0)
          .with("includeTotal", bool(), false);

  private static final Schema.Fields INTERRUPTING = object().with("turn", text());

  private final Sessions sessions;
  private final Credentials credentials;

  /** A session on the wire. */
  @JsonPropertyOrder({
    "id",
    "agentName",
    "sandboxId",
    "status",
    "createdAt",
    "lastActiveAt",
    "tenantId",
    "runnerId",
    "parentSessionId"
  })
  record SessionView(
      String id,
      String agentName,
      String sandboxId,
      String status,
      String createdAt,
      String lastActiveAt,
      String tenantId,
      @Nullable String runnerId,
      @Nullable String parentSessionId) {

    static SessionView of(Session session) {
      return new SessionView(
          session.id().value(),
          session.agent().value(),
          session.sandboxId(),
          session.status(),
          Stamp.of(session.createdAt()),
          Stamp.of(session.lastActiveAt()),
          session.tenant().value(),
          session.runnerId().orElse(null),
          session.parent().map(SessionId::value).orElse(null));
    }
  }

  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonPropertyOrder({"sessions", "total"})
  record PageView(List<SessionView> sessions, @Nullable Long total) {
    static PageView of(Page page) {
      return new PageView(
          page.sessions().stream().map(SessionView::of).toList(),
          page.total().isPresent() ? page.total().getAsLong() : null);
    }
  }

  @JsonPropertyOrder({"session", "turn"})
  record InterruptedView(SessionView session, TurnView turn) {}

  @JsonPropertyOrder({"number", "was"})
  record TurnView(long number, String was) {}

  /** A command that has nothing but the session's id. */
  @FunctionalInterface
  private interface Command {
    CompletionStage<Result<Session>> run(TenantId tenant, SessionId id);
  }

  SessionRoutes(Sessions sessions, Credentials credentials) {
    this.sessions = sessions;
    this.credentials = credentials;
  }

  List<Endpoint> endpoints() {
    return List.of(
        Endpoint.post("/api/sessions", NEW_SESSION, this::create)
            .limitedAs(Endpoint.Rate.CREATE_SESSION)
            .withShortFaults(),
        Endpoint.get("/api/sessions", this::list).withQuery(LISTING),
        Endpoint.get("/api/sessions/:id", command(200, sessions::find)).withParams(SESSION_ID),
        Endpoint.patch("/api/sessions/:id/config", CHANGE, this::reconfigure)
            .withParams(SESSION_ID),
        Endpoint.post("/api/sessions/:id/pause", command(200, sessions::pause))
            .withParams(SESSION_ID)
            .withShortFaults(),
        Endpoint.post("/api/sessions/:id/stop", command(200, sessions::stop))
            .withParams(SESSION_ID)
            .withShortFaults(),
        Endpoint.post("/api/sessions/:id/resume", command(200, sessions::resume))
            .withParams(SESSION_ID),
        Endpoint.post("/api/sessions/:id/fork", command(201, sessions::fork))
            .withParams(SESSION_ID),
        Endpoint.post("/api/sessions/:id/interrupt", this::interrupt)
            .withParams(SESSION_ID)
            .withQuery(INTERRUPTING),
        Endpoint.delete("/api/sessions/:id", command(200, sessions::end)).withParams(SESSION_ID));
  }

  private CompletionStage<HttpResponse> create(Exchange exchange) {
    var agent = exchange.field("agent").orElseThrow();
    if (!AgentName.isValid(agent)) {
      return refused(404, "Agent \"" + agent + "\" not found");
    }
    return IdempotencyKey.of(exchange)
        .then(
            key ->
                withCredential(
                    exchange,
                    () ->
                        sessions
                            .create(
                                exchange.tenant(),
                                new NewSession(
                                    new AgentName(agent),
                                    settings(exchange),
                                    Wire.texts(exchange.body(), "extraEnv").orElseGet(Map::of),
                                    key))
                            .thenApply(Outcomes.ofSession(session -> view(201, session)))));
  }

  /** Looks now whether the credential will do: a session that cannot run is not made. */
  private CompletionStage<HttpResponse> withCredential(
      Exchange exchange, Supplier<CompletionStage<HttpResponse>> then) {
    var id = exchange.field("credentialId").filter(c -> !c.isEmpty());
    if (id.isEmpty()) {
      return then.get();
    }
    return credentials
        .find(exchange.tenant(), id.get())
        .thenCompose(
            found ->
                switch (found) {
                  case Found.Unusable _ -> refused(400, "Invalid or inaccessible credential");
                  case Found.Usable(var type, var secret) ->
                      switch (CredentialVariables.of(type, secret)) {
                        case CredentialVariables.Variables _ -> then.get();
                        case CredentialVariables.Malformed(var why) -> refused(400, why);
                      };
                });
  }

  private CompletionStage<HttpResponse> list(Exchange exchange) {
    var agent = exchange.query("agent").filter(a -> !a.isEmpty());
    if (agent.filter(a -> !AgentName.isValid(a)).isPresent()) {
      return CompletableFuture.completedStage(Replies.ok(Map.of("sessions", List.of())));
    }
    var limit = exchange.query().get("limit");
    var query =
        new Query(
            agent.map(AgentName::new),
            exchange.query("status"),
            limit == null ? OptionalInt.empty() : OptionalInt.of(limit.asInt()),
            Math.clamp(exchange.query().path("offset").asLong(), 0, Integer.MAX_VALUE),
            exchange.query().path("includeTotal").asBoolean());
    return sessions.list(exchange.tenant(), query).thenApply(page -> Replies.ok(PageView.of(page)));
  }

  private CompletionStage<HttpResponse> reconfigure(Exchange exchange) {
    return Guards.then(
        exchange,
        guard ->
            sessions
                .reconfigure(exchange.tenant(), exchange.session(), patch(exchange), guard)
                .thenApply(
                    outcome ->
                        switch (outcome) {
                          case Reconfiguration.Done(var session) -> view(200, session);
                          case Reconfiguration.Refused(var why) -> Problems.of(why);
                          case Reconfiguration.Stale(var why) -> Guards.stale(why);
                        }));
  }

  private CompletionStage<HttpResponse> interrupt(Exchange exchange) {
    return TurnNumber.then(
        exchange,
        turn ->
            turn.isEmpty()
                ? command(200, sessions::interrupt).handle(exchange)
                : sessions
                    .interruptTurn(exchange.tenant(), exchange.session(), turn.getAsLong())
                    .thenApply(Outcomes.ofSession(SessionRoutes::interrupted)));
  }

  private static HttpResponse interrupted(Interrupted done) {
    var turn = new TurnView(done.turn(), done.was().name().toLowerCase(Locale.ROOT));
    return Replies.ok(new InterruptedView(SessionView.of(done.session()), turn));
  }

  private static Endpoint.Handler command(int status, Command command) {
    return exchange ->
        command
            .run(exchange.tenant(), exchange.session())
            .thenApply(Outcomes.ofSession(session -> view(status, session)));
  }

  private static SessionSettings settings(Exchange exchange) {
    return new SessionSettings(
        exchange.field("model").filter(m -> !m.isEmpty()),
        exchange.field("systemPrompt").filter(p -> !p.isEmpty()),
        exchange.field("permissionMode"),
        Wire.list(exchange.body(), "allowedTools").orElseGet(List::of),
        Wire.list(exchange.body(), "disallowedTools").orElseGet(List::of),
        Wire.list(exchange.body(), "betas").orElseGet(List::of),
        exchange.json("subagents"),
        exchange.field("initialAgent").filter(a -> !a.isEmpty()),
        exchange.json("mcpServers"),
        exchange.field("credentialId").filter(c -> !c.isEmpty()));
  }

  /** What was sent replaces; what was not stays. */
  private static Patch patch(Exchange exchange) {
    return new Patch(
        exchange.field("model"),
        Wire.list(exchange.body(), "allowedTools"),
        Wire.list(exchange.body(), "disallowedTools"),
        Wire.list(exchange.body(), "betas"),
        exchange.json("subagents"),
        exchange.field("initialAgent"));
  }

  private static HttpResponse view(int status, Session session) {
    var reply = Replies.json(status, Map.of("session", SessionView.of(session)));
    return session.configTag().map(tag -> Guards.tagged(reply, tag)).orElse(reply);
  }

  private static CompletionStage<HttpResponse> refused(int status, String text) {
    return CompletableFuture.completedStage(Problems.of(status, text));
  }
}
