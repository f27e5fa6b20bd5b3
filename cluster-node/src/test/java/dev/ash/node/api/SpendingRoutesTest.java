package dev.ash.node.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.config.HttpConfig;
import dev.ash.config.NodeConfig;
import dev.ash.config.Secret;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class SpendingRoutesTest {
  private static final HttpConfig CONFIG = NodeConfig.from(NodeConfig.load(Map.of())).http();
  private ApiServer api;

  @BeforeEach
  void start() throws Exception {
    api = new ApiServer(CONFIG, Optional.of(new Secret("s3cret")));
  }

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  void aBudgetIsSetShownReplacedAndRemoved() throws Exception {
    var set =
        api.post(
            "/api/budgets",
            "{\"scope\":\"agent\",\"subject\":\"reviewer\",\"window\":\"day\",\"usd\":2.5}");
    assertThat(set.status()).isEqualTo(200);
    assertThat(set.body())
        .isEqualTo(
            "{\"owner\":\"tenant\",\"scope\":\"agent\",\"subject\":\"reviewer\",\"window\":\"day\","
                + "\"usd\":2.500000000}");
    api.post(
        "/api/budgets",
        "{\"scope\":\"agent\",\"subject\":\"reviewer\",\"window\":\"day\",\"tokens\":7}");

    assertThat(api.get("/api/budgets").body())
        .isEqualTo(
            "{\"budgets\":[{\"owner\":\"tenant\",\"scope\":\"agent\",\"subject\":\"reviewer\","
                + "\"window\":\"day\",\"tokens\":7,\"setBy\":\"api\","
                + "\"etag\":\"\\\"tokens-7-nanos-any\\\"\"}]}");

    var gone = "/api/budgets?scope=agent&subject=reviewer&window=day";
    assertThat(api.delete(gone).status()).isEqualTo(204);
    assertThat(api.delete(gone).status()).isEqualTo(404);
  }

  @Test
  void aBudgetIsChangedOnlyInTheStateThatIsNamed() throws Exception {
    var one = "{\"scope\":\"tenant\",\"window\":\"day\",\"tokens\":1}";
    var two = "{\"scope\":\"tenant\",\"window\":\"day\",\"tokens\":2}";
    var gone = "/api/budgets?scope=tenant&window=day";
    var first = "\"tokens-1-nanos-any\"";
    var made = Map.of("If-None-Match", "*", "Content-Type", "application/json");
    var changed = Map.of("If-Match", first, "Content-Type", "application/json");

    var missing = api.send("POST", "/api/budgets", changed, one);
    assertThat(missing.status()).isEqualTo(412);
    assertThat(missing.body()).contains("Does not exist");
    assertThat(api.send("POST", "/api/budgets", made, one).header("etag")).isEqualTo(first);
    var exists = api.send("POST", "/api/budgets", made, two);
    assertThat(exists.status()).isEqualTo(412);
    assertThat(exists.header("etag")).isEqualTo(first);
    assertThat(api.send("POST", "/api/budgets", changed, two).status()).isEqualTo(200);
    for (var stale :
        List.of(
            api.send("POST", "/api/budgets", changed, one),
            api.send("DELETE", gone, Map.of("If-Match", first), ""))) {
      assertThat(stale.status()).isEqualTo(412);
      assertThat(stale.header("etag")).isEqualTo("\"tokens-2-nanos-any\"");
    }
    for (var faulty :
        List.of(
            Map.of("If-Match", "tokens-2"),
            Map.of("If-None-Match", first),
            Map.of("If-Match", "*", "If-None-Match", "*"))) {
      var reply = api.send("DELETE", gone, faulty, "");
      assertThat(reply.status()).as(faulty.toString()).isEqualTo(400);
      assertThat(reply.body()).contains("If-");
    }
    var now = Map.of("If-Match", "\"tokens-2-nanos-any\"");
    assertThat(api.send("DELETE", gone, now, "").status()).isEqualTo(204);
  }

  @Test
  void whatIsNoBudgetIsRefusedWithAReason() throws Exception {
    assertThat(api.post("/api/budgets", "{\"scope\":\"tenant\",\"window\":\"day\"}").body())
        .contains("tokens, usd or both");
    assertThat(
            api.post(
                    "/api/budgets",
                    "{\"scope\":\"session\",\"subject\":\"x\",\"window\":\"day\",\"usd\":1}")
                .body())
        .contains("a session's id");
    assertThat(
            api.post("/api/budgets", "{\"scope\":\"world\",\"window\":\"day\",\"usd\":1}").status())
        .isEqualTo(400);
    assertThat(
            api.post("/api/budgets", "{\"scope\":\"tenant\",\"window\":\"day\",\"usd\":-1}")
                .status())
        .isEqualTo(400);
  }

  @Test
  void onlyTheOperatorSetsTheOperatorsBudgets() throws Exception {
    var body = "{\"tenantId\":\"acme\",\"scope\":\"tenant\",\"window\":\"day\",\"usd\":1}";
    assertThat(api.post("/api/internal/budgets", body).status()).isEqualTo(401);

    var set =
        api.send(
            "POST",
            "/api/internal/budgets",
            Map.of("Authorization", "Bearer s3cret", "Content-Type", "application/json"),
            body);

    assertThat(set.status()).isEqualTo(200);
    assertThat(set.body()).contains("\"owner\":\"operator\"");
  }

  @Test
  void usageSaysWhatItCannotBeSummedBy() throws Exception {
    assertThat(api.get("/api/model-usage?by=team,model").body()).isEqualTo("{\"usage\":[]}");
    var refused = api.get("/api/model-usage?by=colour");
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.body()).contains("by: colour (expected: team, agent, session");
    assertThat(api.get("/api/model-usage?after=yesterday").status()).isEqualTo(400);
  }
}
