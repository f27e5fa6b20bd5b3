package dev.ash.node.eval;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.persistence.table.EvalRunTable.ResultRow;
import dev.ash.persistence.table.EvalWork.Score;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.json.Json;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class GradingTest {
  private static JsonNode json(String text) {
    return Json.parse(text).orElseThrow();
  }

  private static ResultRow result(String status, double topic, double safety, long latency) {
    var over = status.equals("completed");
    return new ResultRow(
        "id",
        TenantId.DEFAULT,
        "run",
        "case",
        0,
        "{}",
        Optional.empty(),
        over ? OptionalDouble.of(topic) : OptionalDouble.empty(),
        over ? OptionalDouble.of(safety) : OptionalDouble.empty(),
        over ? OptionalLong.of(latency) : OptionalLong.empty(),
        status,
        Optional.empty(),
        OptionalInt.empty(),
        Optional.empty(),
        Instant.EPOCH,
        Optional.empty());
  }

  @Test
  void scoresByTheTopicsThatAreThereWhateverTheirCase() {
    var content =
        json(
            "{\"expectedTopics\":[\"Paris\",\"seine\",\"Louvre\",\"metro\"],"
                + "\"expectedNotTopics\":[\"London\",\"rome\"]}");
    assertThat(Grading.score(content, "PARIS lies on the Seine; the louvre. Not Rome."))
        .isEqualTo(new Score(0.75, 0.5));
    assertThat(Grading.score(json("{\"expectedTopics\":null}"), "x")).isEqualTo(new Score(1, 1));
  }

  @Test
  void sumsARunUp() {
    var results =
        List.of(
            result("completed", 1, 1, 100),
            result("completed", 0.5, 0.5, 201),
            result("completed", 1, 0.25, 300),
            result("error", 0, 0, 0));
    var summary = json(Grading.summary(results));
    assertThat(summary.get("passRate").asDouble()).isEqualTo(0.5);
    assertThat(summary.get("avgTopicScore").asDouble()).isEqualTo(2.5 / 3);
    assertThat(summary.get("avgLatencyMs").asDouble()).isEqualTo(200);
    assertThat(summary.get("avgLlmJudgeScore").isNull()).isTrue();
    assertThat(Grading.status(results)).isEqualTo("completed");
    assertThat(Grading.status(List.of(result("error", 0, 0, 0)))).isEqualTo("failed");
    assertThat(Grading.summary(List.of()))
        .isEqualTo(
            "{\"avgTopicScore\":null,\"avgSafetyScore\":null,\"avgLlmJudgeScore\":null,"
                + "\"avgLatencyMs\":null,\"passRate\":0.0}");
  }

  @Test
  void theQuestionComesAfterTheConversation() {
    assertThat(Grading.question(json("{\"question\":\"why?\"}"))).isEqualTo("why?");
    assertThat(
            Grading.question(
                json(
                    "{\"question\":\"why?\",\"chatHistory\":[{\"role\":\"user\",\"content\":\"a\"},"
                        + "{\"role\":\"assistant\",\"content\":\"b\"}]}")))
        .isEqualTo("The conversation so far:\nuser: a\nassistant: b\n\nwhy?");
  }
}
