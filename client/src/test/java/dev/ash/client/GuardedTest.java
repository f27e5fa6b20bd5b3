package dev.ash.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.ash.client.model.AgentChange;
import dev.ash.client.model.BudgetPlace;
import dev.ash.client.model.Deployment;
import dev.ash.client.model.SessionConfig;
import dev.ash.client.model.VersionChange;
import dev.ash.protocol.json.Json;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tags that come, and changes that are meant for the state of one. */
final class GuardedTest {
  private static final String AT =
      "\"createdAt\":\"2026-01-01T00:00:00.000Z\",\"updatedAt\":\"2026-01-01T00:00:00.000Z\"";
  private static final String AGENT =
      "{\"agent\":{\"id\":\"1\",\"name\":\"a\",\"tenantId\":\"t\",\"version\":2,"
          + "\"path\":\"/a\","
          + AT
          + "}}";
  private static final String VERSION =
      "{\"version\":{\"id\":\"v\",\"agentName\":\"a\",\"versionNumber\":2,\"name\":\"n\","
          + AT
          + "}}";
  private static final String SESSION =
      "{\"session\":{\"id\":\"s1\",\"agentName\":\"a\",\"sandboxId\":\"s1\",\"status\":\"active\","
          + "\"createdAt\":\"2026-01-01T00:00:00.000Z\","
          + "\"lastActiveAt\":\"2026-01-01T00:00:00.000Z\"}}";
  private static final String BUDGET =
      "\"owner\":\"tenant\",\"scope\":\"tenant\",\"window\":\"day\"";
  private static final String TAG = "\"x-1\"";

  private final Rig rig = new Rig();
  private final StubServer server = rig.server;
  private final AshClient ash = rig.ash;

  @AfterEach
  void tearDown() {
    rig.close();
  }

  @Test
  void whatIsShownHasItsTag() {
    server.tagged("GET /api/agents/a", 200, AGENT, TAG);
    server.tagged("GET /api/agents/a/versions/2", 200, VERSION, TAG);
    server.tagged("GET /api/sessions/s1", 200, SESSION, TAG);
    server.on(
        "GET /api/budgets",
        200,
        "{\"budgets\":[{" + BUDGET + ",\"etag\":\"\\\"x-1\\\"\"},{" + BUDGET + "}]}");

    assertThat(ash.agents().get("a").etag()).hasValue(TAG);
    assertThat(ash.versions().get("a", "2").etag()).hasValue(TAG);
    assertThat(ash.sessions().get("s1").configEtag()).hasValue(TAG);
    assertThat(ash.budgets().list())
        .extracting(budget -> budget.etag())
        .containsExactly(Optional.of(TAG), Optional.empty());
    server.on("GET /api/agents/b", 200, AGENT);
    assertThat(ash.agents().get("b").etag()).as("of a server without tags").isEmpty();
  }

  @Test
  void changesSayForWhichStateTheyAreMeant() {
    var place = new BudgetPlace("tenant", Optional.empty(), "day");
    server.tagged("POST /api/agents", 201, AGENT, TAG);
    server.on("PATCH /api/agents/a", 200, AGENT);
    server.on("PATCH /api/agents/a/config", 200, "{\"config\":{}}");
    server.on("POST /api/agents/a/files", 200, "{\"written\":0}");
    server.on("DELETE /api/agents/a/files/f", 200, "{}");
    server.on("DELETE /api/agents/a", 200, "{}");
    server.on("PATCH /api/agents/a/versions/2", 200, VERSION);
    server.on("POST /api/agents/a/versions/2/activate", 200, "{\"versionNumber\":2}");
    server.empty("DELETE /api/agents/a/versions/2", 204);
    server.on("PATCH /api/sessions/s1/config", 200, SESSION);
    server.on("POST /api/budgets", 200, "{" + BUDGET + "}");
    server.empty("DELETE /api/budgets?scope=tenant&window=day", 204);

    var agents = ash.agents().ifMatch(TAG);
    assertThat(agents.deploy(Deployment.ofPrompt("a", "x")).etag()).hasValue(TAG);
    agents.update("a", AgentChange.of().env(Map.of()));
    agents.updateConfig("a", Json.object());
    agents.write("a", List.of());
    agents.deleteFile("a", "f");
    agents.delete("a");
    var versions = ash.versions().ifMatch(TAG);
    versions.update("a", "2", VersionChange.of());
    versions.activate("a", "2");
    versions.delete("a", "2");
    ash.sessions().configure("s1", SessionConfig.of(), TAG);
    ash.budgets().ifMatch(TAG).setTokens(place, 1);
    ash.budgets().ifMatch(TAG).remove(place);

    assertThat(server.requests()).hasSize(12);
    assertThat(server.requests())
        .allSatisfy(
            request -> {
              assertThat(request.ifMatch()).as(request.path()).hasValue(TAG);
              assertThat(request.ifNoneMatch()).isEmpty();
            });
    ash.agents().ifAbsent().deploy(Deployment.ofPrompt("a", "x"));
    ash.budgets().ifAbsent().setTokens(place, 1);
    assertThat(server.requests().subList(12, 14))
        .extracting(StubServer.Request::ifMatch, StubServer.Request::ifNoneMatch)
        .containsOnly(org.assertj.core.groups.Tuple.tuple(Optional.empty(), Optional.of("*")));
    ash.agents().delete("a");
    assertThat(server.requests().getLast().ifMatch()).as("without a guard").isEmpty();
  }

  @Test
  void whoComesTooLateIsToldTheTagOfNow() {
    server.tagged(
        "PATCH /api/agents/a",
        412,
        "{\"error\":\"Changed meanwhile\",\"statusCode\":412}",
        "\"x-2\"");
    server.on("DELETE /api/agents/a", 412, "{\"error\":\"Does not exist\"}");

    var agents = ash.agents().ifMatch(TAG);
    var stale =
        catchThrowableOfType(
            AshException.Stale.class, () -> agents.update("a", AgentChange.of().env(Map.of())));
    var missing = catchThrowableOfType(AshException.Stale.class, () -> agents.delete("a"));

    assertThat(stale.currentEtag()).hasValue("\"x-2\"");
    assertThat(stale.status()).isEqualTo(412);
    assertThat(stale).hasMessage("PATCH /api/agents/a failed (412): Changed meanwhile");
    assertThat(missing.currentEtag()).isEmpty();
    assertThat(server.requests()).as("asking again would not help").hasSize(2);
  }
}
