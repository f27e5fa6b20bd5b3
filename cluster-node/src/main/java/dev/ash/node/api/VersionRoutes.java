package dev.ash.node.api;

import static dev.ash.node.api.json.Schema.anything;
import static dev.ash.node.api.json.Schema.listOf;
import static dev.ash.node.api.json.Schema.object;
import static dev.ash.node.api.json.Schema.text;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.node.agents.AgentVersions;
import dev.ash.node.agents.AgentVersions.Text;
import dev.ash.node.agents.AgentVersions.Version;
import dev.ash.node.agents.Agents.Outcome;
import dev.ash.node.api.http.Endpoint;
import dev.ash.node.api.http.Exchange;
import dev.ash.node.api.http.Problems;
import dev.ash.node.api.http.Replies;
import dev.ash.node.api.json.Schema;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.id.AgentName;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/** {@code /api/agents/:name/versions}: rows V1 to V6 of the contract. */
final class VersionRoutes {
  private static final String ALL = "/api/agents/:name/versions";
  private static final String ONE = ALL + "/:versionNumber";

  private static final Schema.Fields CHANGE =
      object()
          .with("name", text().between(0, 255))
          .with("systemPrompt", text().between(0, 1_000_000))
          .with("releaseNotes", text().between(0, 10_000))
          .with("knowledgeFiles", listOf(text()));

  private final AgentVersions versions;

  /** A version on the wire. */
  @JsonPropertyOrder({
    "id",
    "tenantId",
    "agentName",
    "versionNumber",
    "name",
    "systemPrompt",
    "releaseNotes",
    "isActive",
    "knowledgeFiles",
    "createdBy",
    "createdAt",
    "updatedAt"
  })
  record VersionView(
      String id,
      String tenantId,
      String agentName,
      int versionNumber,
      String name,
      @Nullable String systemPrompt,
      @Nullable String releaseNotes,
      boolean isActive,
      @Nullable List<String> knowledgeFiles,
      @Nullable String createdBy,
      String createdAt,
      String updatedAt) {

    static VersionView of(Version version) {
      return new VersionView(
          version.id(),
          version.tenant().value(),
          version.agent().value(),
          version.number(),
          version.name(),
          version.systemPrompt().orElse(null),
          version.releaseNotes().orElse(null),
          version.active(),
          version.knowledgeFiles().orElse(null),
          null,
          Stamp.of(version.createdAt()),
          Stamp.of(version.updatedAt()));
    }
  }

  @JsonPropertyOrder({"activated", "versionNumber"})
  record ActivatedView(boolean activated, int versionNumber) {}

  /** Something done to one version. */
  @FunctionalInterface
  private interface Call {
    CompletionStage<Outcome<Version>> of(
        Exchange exchange, AgentName agent, String which, IfMatch guard);
  }

  VersionRoutes(AgentVersions versions) {
    this.versions = versions;
  }

  List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get(ALL, this::list),
        Endpoint.post(ALL, CHANGE.with("cloneFrom", anything()), this::create).withShortFaults(),
        Endpoint.get(
            ONE,
            exchange ->
                named(
                    exchange,
                    agent ->
                        versions
                            .find(exchange.tenant(), agent, exchange.param("versionNumber"))
                            .thenApply(Outcomes.ofAgent(version -> tagged(200, version))))),
        Endpoint.patch(
            ONE,
            CHANGE,
            change(
                (exchange, agent, which, guard) ->
                    versions.patch(exchange.tenant(), agent, which, written(exchange), guard),
                version -> tagged(200, version))),
        Endpoint.delete(
            ONE,
            change(
                (exchange, agent, which, guard) ->
                    versions.delete(exchange.tenant(), agent, which, guard),
                _ -> Replies.nothing())),
        Endpoint.post(
            ONE + "/activate",
            change(
                (exchange, agent, which, guard) ->
                    versions.activate(exchange.tenant(), agent, which, guard),
                version ->
                    Guards.tagged(
                        Replies.ok(new ActivatedView(true, version.number())), version.tag()))));
  }

  private CompletionStage<HttpResponse> list(Exchange exchange) {
    return named(
        exchange,
        agent ->
            versions
                .list(exchange.tenant(), agent)
                .thenApply(
                    Outcomes.ofAgent(
                        all ->
                            Replies.ok(
                                Map.of("versions", all.stream().map(VersionView::of).toList())))));
  }

  private CompletionStage<HttpResponse> create(Exchange exchange) {
    var source = exchange.body().path("cloneFrom");
    if (source.isContainerNode() || source.isBoolean()) {
      return CompletableFuture.completedStage(Problems.of(400, "Bad Request"));
    }
    return named(
        exchange,
        agent ->
            versions
                .create(exchange.tenant(), agent, written(exchange), source(source))
                .thenApply(Outcomes.ofAgent(version -> tagged(201, version))));
  }

  private static Optional<String> source(JsonNode number) {
    return number.isNull() || number.isMissingNode()
        ? Optional.empty()
        : Optional.of(number.asText());
  }

  private static Endpoint.Handler change(Call call, Function<Version, HttpResponse> then) {
    return exchange ->
        named(
            exchange,
            agent ->
                Guards.then(
                    exchange,
                    guard ->
                        call.of(exchange, agent, exchange.param("versionNumber"), guard)
                            .thenApply(Outcomes.ofAgent(then))));
  }

  /** What cannot be a name is the name of no agent. */
  static CompletionStage<HttpResponse> named(
      Exchange exchange, Function<AgentName, CompletionStage<HttpResponse>> then) {
    var name = exchange.param("name");
    return AgentName.isValid(name)
        ? then.apply(new AgentName(name))
        : CompletableFuture.completedStage(Problems.of(404, "Agent not found"));
  }

  private static Text written(Exchange exchange) {
    return new Text(
        exchange.field("name"),
        exchange.field("systemPrompt"),
        exchange.field("releaseNotes"),
        Wire.list(exchange.body(), "knowledgeFiles"));
  }

  private static HttpResponse tagged(int status, Version version) {
    return Guards.tagged(
        Replies.json(status, Map.of("version", VersionView.of(version))), version.tag());
  }
}
