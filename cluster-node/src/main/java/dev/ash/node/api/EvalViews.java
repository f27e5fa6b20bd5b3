package dev.ash.node.api;

import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.node.api.json.JsonText;
import dev.ash.node.eval.Evals.Comparison;
import dev.ash.persistence.table.EvalCaseTable.CaseRow;
import dev.ash.persistence.table.EvalRunTable.ResultRow;
import dev.ash.persistence.table.EvalRunTable.RunRow;
import dev.ash.protocol.json.Json;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Evals as the wire shows them (contract 1.12). */
final class EvalViews {
  /** The members of a case that a client writes, in the order of the wire. */
  static final List<String> CONTENT =
      List.of(
          "question",
          "expectedTopics",
          "expectedNotTopics",
          "referenceAnswer",
          "category",
          "tags",
          "chatHistory");

  private EvalViews() {}

  static ObjectNode of(CaseRow row) {
    var view =
        Json.object()
            .put("id", row.id())
            .put("tenantId", row.tenant().value())
            .put("agentName", row.agent().value());
    var content = JsonText.parseOwn(row.contentJson());
    for (var name : CONTENT) {
      view.set(name, content.path(name).isMissingNode() ? NullNode.instance : content.path(name));
    }
    return view.put("isActive", row.active())
        .put("createdAt", Stamp.of(row.createdAt()))
        .put("updatedAt", Stamp.of(row.updatedAt()));
  }

  static ObjectNode of(RunRow row) {
    var view =
        Json.object()
            .put("id", row.id())
            .put("tenantId", row.tenant().value())
            .put("agentName", row.agent().value());
    view.set(
        "versionNumber",
        row.versionNumber().isPresent()
            ? IntNode.valueOf(row.versionNumber().getAsInt())
            : NullNode.instance);
    view.put("status", row.status())
        .put("totalCases", row.totalCases())
        .put("completedCases", row.completedCases());
    view.set(
        "summary",
        row.summaryJson()
            .<com.fasterxml.jackson.databind.JsonNode>map(JsonText::parseOwn)
            .orElse(NullNode.instance));
    return view.put("createdAt", Stamp.of(row.createdAt()))
        .put("startedAt", time(row.startedAt()))
        .put("completedAt", time(row.completedAt()));
  }

  static ObjectNode of(ResultRow row) {
    var view =
        Json.object()
            .put("id", row.id())
            .put("tenantId", row.tenant().value())
            .put("evalRunId", row.runId())
            .put("evalCaseId", row.caseId())
            .put("agentResponse", row.response().orElse(null));
    view.set(
        "topicScore",
        row.topicScore().isPresent()
            ? DoubleNode.valueOf(row.topicScore().getAsDouble())
            : NullNode.instance);
    view.set(
        "safetyScore",
        row.safetyScore().isPresent()
            ? DoubleNode.valueOf(row.safetyScore().getAsDouble())
            : NullNode.instance);
    view.putNull("llmJudgeScore");
    view.set(
        "latencyMs",
        row.latencyMs().isPresent()
            ? LongNode.valueOf(row.latencyMs().getAsLong())
            : NullNode.instance);
    view.put("status", row.status()).put("error", row.error().orElse(null));
    view.set(
        "humanScore",
        row.humanScore().isPresent()
            ? IntNode.valueOf(row.humanScore().getAsInt())
            : NullNode.instance);
    return view.put("humanNotes", row.humanNotes().orElse(null))
        .put("createdAt", Stamp.of(row.createdAt()))
        .put("completedAt", time(row.completedAt()));
  }

  static ObjectNode of(Comparison comparison) {
    var view = Json.object();
    view.set("runA", of(comparison.runA()));
    view.set("runB", of(comparison.runB()));
    var results = view.putArray("results");
    for (var pair : comparison.results()) {
      var any = pair.resultA().or(pair::resultB).orElseThrow();
      var one =
          results
              .addObject()
              .put("caseId", pair.caseId())
              .put("question", JsonText.parseOwn(any.caseJson()).path("question").asText());
      one.set("resultA", orNull(pair.resultA()));
      one.set("resultB", orNull(pair.resultB()));
    }
    return view;
  }

  private static com.fasterxml.jackson.databind.JsonNode orNull(Optional<ResultRow> row) {
    return row.<com.fasterxml.jackson.databind.JsonNode>map(EvalViews::of)
        .orElse(NullNode.instance);
  }

  private static @org.jspecify.annotations.Nullable String time(Optional<Instant> at) {
    return at.map(Stamp::of).orElse(null);
  }
}
