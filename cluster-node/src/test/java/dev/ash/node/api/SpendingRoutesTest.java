package dev.ash.node.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.config.HttpConfig;
import dev.ash.config.NodeConfig;
import dev.ash.config.Secret;
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
                + "\"window\":\"day\",\"tokens\":7,\"setBy\":\"api\"}]}");

    var gone = "/api/budgets?scope=agent&subject=reviewer&window=day";
    assertThat(api.delete(gone).status()).isEqualTo(204);
    assertThat(api.delete(gone).status()).isEqualTo(404);
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
