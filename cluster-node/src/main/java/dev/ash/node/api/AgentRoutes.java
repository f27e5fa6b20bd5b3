package dev.ash.node.api;

import static dev.ash.node.api.json.Schema.listOf;
import static dev.ash.node.api.json.Schema.mapOf;
import static dev.ash.node.api.json.Schema.object;
import static dev.ash.node.api.json.Schema.oneOf;
import static dev.ash.node.api.json.Schema.text;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.node.agents.Agents;
import dev.ash.node.agents.Agents.Agent;
import dev.ash.node.agents.Agents.Deployment;
import dev.ash.node.agents.Agents.FileContent;
import dev.ash.node.agents.Agents.OfAgent;
import dev.ash.node.agents.Agents.Outcome;
import dev.ash.node.agents.Agents.UploadedFile;
import dev.ash.node.api.http.BodyRule;
import dev.ash.node.api.http.Endpoint;
import dev.ash.node.api.http.Exchange;
import dev.ash.node.api.http.Problems;
import dev.ash.node.api.http.Replies;
import dev.ash.node.api.json.FileSieve;
import dev.ash.node.api.json.JsonText;
import dev.ash.node.api.json.Schema;
import dev.ash.node.session.Sessions;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.session.Rejection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** {@code /api/agents}: rows A1 to A11 of the contract. */
final class AgentRoutes {
  private static final int MAX_JSON_FILE = 1_048_576;
  private static final int MOST_FILES = 20_000;

  /** An agent's folder may be 100 MiB large; so many bytes of base64 never hold more. */
  private static final long BODY_LIMIT = 139_810_000;

  private static final long LARGEST_FOLDER = 100L << 20;

  private static final Schema.Fields FILE =
      object().required("path", text()).required("content", text());

  private static final Schema.Fields DEPLOYMENT =
      object()
          .required("name", text().between(1, 255).matching("^[a-zA-Z0-9_-]+$"))
          .with("path", text().between(0, 4096))
          .with("systemPrompt", text().between(0, 1_000_000))
          .with("files", listOf(FILE))
          .with("env", mapOf(text()));

  private static final Schema.Fields FILES = object().required("files", listOf(FILE));

  private final Agents agents;
  private final Sessions sessions;

  /** An agent on the wire; values of {@code env} are never shown. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @JsonPropertyOrder({"id", "name", "version", "path", "createdAt", "updatedAt", "tenantId", "env"})
  record AgentView(
      String id,
      String name,
      int version,
      String path,
      String createdAt,
      String updatedAt,
      String tenantId,
      SortedMap<String, String> env) {

    static AgentView of(Agent agent) {
      var masked = new TreeMap<String, String>();
      agent.env().keySet().forEach(name -> masked.put(name, "***"));
      return new AgentView(
          agent.id(),
          agent.name().value(),
          agent.version(),
          agent.path(),
          Stamp.of(agent.createdAt()),
          Stamp.of(agent.updatedAt()),
          agent.tenant().value(),
          masked);
    }
  }

  @JsonPropertyOrder({"path", "content", "size"})
  record FileView(String path, String content, int size) {}

  AgentRoutes(Agents agents, Sessions sessions) {
    this.agents = agents;
    this.sessions = sessions;
  }

  List<Endpoint> endpoints() {
    return List.of(
        Endpoint.post("/api/agents", DEPLOYMENT, this::deploy)
            .taking(upload(DEPLOYMENT))
            .limitedAs(Endpoint.Rate.CREATE_AGENT)
            .withShortFaults(),
        Endpoint.get("/api/agents", this::list),
        Endpoint.get("/api/agents/:name", this::find),
        Endpoint.delete("/api/agents/:name", this::delete),
        Endpoint.patch(
            "/api/agents/:name",
            object().with("env", mapOf(text())).with("config", object()),
            this::patch),
        Endpoint.get("/api/agents/:name/config", this::config),
        Endpoint.patch("/api/agents/:name/config", object(), this::patchConfig),
        Endpoint.get("/api/agents/:name/files", this::files),
        Endpoint.get("/api/agents/:name/files/*", this::file)
            .withQuery(object().with("format", oneOf("json", "raw"), "json")),
        Endpoint.post("/api/agents/:name/files", FILES, this::writeFiles).taking(upload(FILES)),
        Endpoint.delete("/api/agents/:name/files/*", this::deleteFile));
  }

  private CompletionStage<HttpResponse> deploy(Exchange exchange) {
    return IdempotencyKey.of(exchange)
        .then(
            key ->
                Guards.then(
                    exchange,
                    guard ->
                        agents
                            .deploy(exchange.tenant(), deployment(exchange, key), guard)
                            .thenApply(
                                Outcomes.ofAgent(
                                    agent ->
                                        Guards.tagged(
                                            Replies.json(201, view(agent)), agent.tag())))));
  }

  private static BodyRule upload(Schema schema) {
    return BodyRule.of(schema)
        .upTo(BODY_LIMIT)
        .with(FileSieve.Contents.files(MOST_FILES, LARGEST_FOLDER, LARGEST_FOLDER));
  }

  private static Deployment deployment(Exchange exchange, Optional<String> key) {
    return new Deployment(
        new AgentName(exchange.field("name").orElseThrow()),
        exchange.field("path").filter(p -> !p.isEmpty()),
        exchange.field("systemPrompt").filter(p -> !p.isEmpty()),
        uploaded(exchange),
        Wire.texts(exchange.body(), "env"),
        key);
  }

  private CompletionStage<HttpResponse> list(Exchange exchange) {
    return agents
        .list(exchange.tenant())
        .thenApply(all -> Replies.ok(Map.of("agents", all.stream().map(AgentView::of).toList())));
  }

  private CompletionStage<HttpResponse> find(Exchange exchange) {
    return found(exchange, agent -> Guards.tagged(Replies.ok(view(agent)), agent.tag()));
  }

  private CompletionStage<HttpResponse> config(Exchange exchange) {
    return found(exchange, agent -> Guards.tagged(Replies.ok(configOf(agent)), agent.tag()));
  }

  private CompletionStage<HttpResponse> delete(Exchange exchange) {
    return guarded(
        exchange,
        (name, guard) ->
            agents
                .delete(exchange.tenant(), name, guard)
                .thenCompose(
                    outcome ->
                        switch (outcome) {
                          case Outcome.Done<Agent> _ -> endSessions(exchange, name, true);
                          // An earlier request may have come no further than the agent.
                          case Outcome.Refused<Agent>(var why)
                              when why.code() == Rejection.Code.NOT_FOUND ->
                              endSessions(exchange, name, false);
                          case Outcome.Refused<Agent>(var why) ->
                              CompletableFuture.completedStage(Problems.of(why));
                          case Outcome.Stale<Agent>(var why) ->
                              CompletableFuture.completedStage(Guards.stale(why));
                        }));
  }

  /** The agent is gone, so no session is added; its sessions end now, or when it is asked again. */
  private CompletionStage<HttpResponse> endSessions(
      Exchange exchange, AgentName name, boolean agentWasThere) {
    return sessions
        .endAllOf(exchange.tenant(), name)
        .thenApply(
            Outcomes.ofSession(
                ended -> agentWasThere || ended > 0 ? Replies.ok(Map.of("ok", true)) : notFound()));
  }

  private CompletionStage<HttpResponse> patch(Exchange exchange) {
    return patched(
        exchange,
        Wire.texts(exchange.body(), "env"),
        exchange.json("config"),
        agent -> Guards.tagged(Replies.ok(view(agent)), agent.tag()));
  }

  private CompletionStage<HttpResponse> patchConfig(Exchange exchange) {
    return patched(
        exchange,
        Optional.empty(),
        Optional.of(JsonText.write(exchange.body())),
        agent -> Guards.tagged(Replies.ok(configOf(agent)), agent.tag()));
  }

  private CompletionStage<HttpResponse> files(Exchange exchange) {
    return named(
        exchange,
        name ->
            agents
                .files(exchange.tenant(), name)
                .thenApply(
                    ofFolder(
                        files ->
                            Replies.ok(
                                Map.of(
                                    "files",
                                    files.stream()
                                        .map(
                                            f ->
                                                new FileRoutes.FileView(
                                                    f.path(), f.size(), Stamp.of(f.modified())))
                                        .toList())))));
  }

  private CompletionStage<HttpResponse> file(Exchange exchange) {
    var raw = exchange.query("format").filter("raw"::equals).isPresent();
    return FilePath.of(exchange, "Invalid file path")
        .then(
            path ->
                named(
                    exchange,
                    name ->
                        agents
                            .file(exchange.tenant(), name, path)
                            .thenApply(
                                ofFolder(raw ? AgentRoutes::rawFile : AgentRoutes::jsonFile))));
  }

  private CompletionStage<HttpResponse> writeFiles(Exchange exchange) {
    return guarded(
        exchange,
        (name, guard) ->
            agents
                .writeFiles(exchange.tenant(), name, uploaded(exchange), guard)
                .thenApply(ofFolder(written -> Replies.ok(Map.of("written", written)))));
  }

  private CompletionStage<HttpResponse> deleteFile(Exchange exchange) {
    return FilePath.of(exchange, "Path escapes agent directory")
        .then(
            path ->
                guarded(
                    exchange,
                    (name, guard) ->
                        agents
                            .deleteFile(exchange.tenant(), name, path, guard)
                            .thenApply(ofFolder(_ -> Replies.ok(Map.of("deleted", true))))));
  }

  private static <T> Function<Outcome<OfAgent<T>>, HttpResponse> ofFolder(
      Function<T, HttpResponse> then) {
    return Outcomes.ofAgent(found -> Guards.tagged(then.apply(found.value()), found.tag()));
  }

  private CompletionStage<HttpResponse> found(
      Exchange exchange, Function<Agent, HttpResponse> then) {
    return named(
        exchange,
        name ->
            agents
                .find(exchange.tenant(), name)
                .thenApply(agent -> agent.map(then).orElseGet(AgentRoutes::notFound)));
  }

  private CompletionStage<HttpResponse> patched(
      Exchange exchange,
      Optional<Map<String, String>> env,
      Optional<String> config,
      Function<Agent, HttpResponse> then) {
    return guarded(
        exchange,
        (name, guard) ->
            agents
                .patch(exchange.tenant(), name, env, config, guard)
                .thenApply(Outcomes.ofAgent(then)));
  }

  private static CompletionStage<HttpResponse> guarded(
      Exchange exchange, BiFunction<AgentName, IfMatch, CompletionStage<HttpResponse>> then) {
    return named(exchange, name -> Guards.then(exchange, guard -> then.apply(name, guard)));
  }

  /** What cannot be a name is the name of no agent. */
  private static CompletionStage<HttpResponse> named(
      Exchange exchange, Function<AgentName, CompletionStage<HttpResponse>> then) {
    var name = exchange.param("name");
    return AgentName.isValid(name)
        ? then.apply(new AgentName(name))
        : CompletableFuture.completedStage(notFound());
  }

  private static List<UploadedFile> uploaded(Exchange exchange) {
    return exchange
        .body()
        .path("files")
        .valueStream()
        .map(
            file ->
                new UploadedFile(
                    file.path("path").asText(), exchange.content(file.path("content")).whole()))
        .toList();
  }

  private static HttpResponse rawFile(FileContent file) {
    return Downloads.strict(Downloads.agentType(file.path()), file.path(), file.bytes());
  }

  private static HttpResponse jsonFile(FileContent file) {
    var size = file.bytes().size();
    return size > MAX_JSON_FILE
        ? Problems.of(400, "File too large (" + size + " bytes, max " + MAX_JSON_FILE + ")")
        : Replies.ok(new FileView(file.path(), file.bytes().utf8String(), size));
  }

  private static Map<String, AgentView> view(Agent agent) {
    return Map.of("agent", AgentView.of(agent));
  }

  private static Map<String, JsonNode> configOf(Agent agent) {
    return Map.of("config", JsonText.parseOwn(agent.configJson()));
  }

  private static HttpResponse notFound() {
    return Problems.of(404, "Agent not found");
  }
}
