package dev.ash.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.client.http.Call;
import dev.ash.client.http.Connection;
import dev.ash.client.http.OnlyIf;
import dev.ash.client.http.Query;
import dev.ash.client.model.Budget;
import dev.ash.client.model.BudgetPlace;
import dev.ash.protocol.json.Json;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;

/** What model calls may cost: {@code /api/budgets}. */
public final class Budgets {
  private static final String PATH = "/api/budgets";

  private final Connection connection;
  private final Optional<OnlyIf> onlyIf;

  Budgets(Connection connection) {
    this(connection, Optional.empty());
  }

  private Budgets(Connection connection, Optional<OnlyIf> onlyIf) {
    this.connection = connection;
    this.onlyIf = onlyIf;
  }

  /**
   * The same, that sets and removes a bound only while it is the one that this {@link Budget#etag}
   * names; else {@link AshException.Stale}.
   */
  public Budgets ifMatch(String etag) {
    return onlyIf(new OnlyIf.Unchanged(etag));
  }

  /** The same, that sets a bound only of a place that has none; else {@link AshException.Stale}. */
  public Budgets ifAbsent() {
    return onlyIf(new OnlyIf.Absent());
  }

  /** The same under a condition that is known only when the program runs. */
  public Budgets onlyIf(OnlyIf condition) {
    return new Budgets(connection, Optional.of(condition));
  }

  /** The tenant's own and those of the operator that bind it. */
  public List<Budget> list() {
    var answer = connection.json(Call.get(PATH));
    return answer
        .path("budgets")
        .valueStream()
        .map(budget -> Budget.of(budget, Optional.empty()))
        .toList();
  }

  /** Sets the tenant's bound of a place in tokens, in the place of the one that was. */
  public Budget setTokens(BudgetPlace place, long tokens) {
    return set(body(place).put("tokens", tokens));
  }

  /** The same in US dollars. */
  public Budget setUsd(BudgetPlace place, BigDecimal usd) {
    return set(body(place).put("usd", usd));
  }

  /** The same in both: the one that is reached first counts. */
  public Budget set(BudgetPlace place, long tokens, BigDecimal usd) {
    return set(body(place).put("tokens", tokens).put("usd", usd));
  }

  private Budget set(ObjectNode body) {
    var answer = connection.answer(Call.post(PATH, body).when(onlyIf));
    return Budget.of(answer.json(), answer.etag());
  }

  private static ObjectNode body(BudgetPlace place) {
    var body = Json.object().put("scope", place.scope()).put("window", place.window());
    place.subject().ifPresent(subject -> body.put("subject", subject));
    return body;
  }

  /** Takes the tenant's bound of a place away. */
  public void remove(BudgetPlace place) {
    var query =
        new Query(PATH)
            .and("scope", place.scope())
            .andIf("subject", place.subject())
            .and("window", place.window());
    connection.json(Call.delete(query.toString()).when(onlyIf));
  }
}
