package dev.ash.node.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.node.e2e.StrictClient;
import dev.ash.scriptedmodel.ScriptedModel;
import java.util.List;

/** What a tenant's model calls cost, as the API tells it. */
public final class ModelBill {
  private ModelBill() {}

  /** Sums by what the query names. */
  public static List<JsonNode> usage(StrictClient client, String query) {
    return list(client.get("/api/model-usage?" + query), "usage");
  }

  /** A session's calls, the newest first. */
  public static List<JsonNode> calls(StrictClient client, String session) {
    return list(client.get("/api/sessions/" + session + "/model-calls?limit=100"), "calls");
  }

  private static List<JsonNode> list(StrictClient.Answer answer, String member) {
    return answer.expect(200).json().path(member).valueStream().toList();
  }

  static String state(JsonNode call) {
    return call.path("state").asText();
  }

  /** Of every kind. */
  public static long tokens(JsonNode total) {
    return total.path("inputTokens").asLong()
        + total.path("outputTokens").asLong()
        + total.path("cacheWriteTokens").asLong()
        + total.path("cacheReadTokens").asLong();
  }

  /** To the token, for each model, of all that was answered to its end. */
  public static void assertIsTheModels(StrictClient client, ScriptedModel model) {
    var done =
        usage(client, "by=model,state").stream().filter(t -> state(t).equals("done")).toList();
    assertThat(done).isNotEmpty();
    for (var total : done) {
      var counted = model.tokens(total.path("model").asText());
      assertThat(total.path("inputTokens").asLong()).isEqualTo(counted.input());
      assertThat(total.path("outputTokens").asLong()).isEqualTo(counted.output());
    }
  }
}
