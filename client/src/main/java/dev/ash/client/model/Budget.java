package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A bound on what model calls may cost.
 *
 * @param owner {@code tenant} or {@code operator}; a call must be within the bounds of both
 * @param place what it bounds
 * @param tokens the bound in tokens of every kind
 * @param usd the bound in US dollars
 * @param spentTokens what its window has cost; absent where each session or agent has its own
 * @param spentUsd the same in US dollars
 * @param etag names its bounds, for {@code ifMatch}; empty for one of the server's configuration
 */
public record Budget(
    String owner,
    BudgetPlace place,
    OptionalLong tokens,
    Optional<BigDecimal> usd,
    OptionalLong spentTokens,
    Optional<BigDecimal> spentUsd,
    Optional<String> etag) {
  public static Budget of(JsonNode answer, Optional<String> etag) {
    var fields = new Fields(answer);
    return new Budget(
        fields.text("owner"),
        new BudgetPlace(
            fields.text("scope"),
            fields.textIf("subject").filter(subject -> !subject.isEmpty()),
            fields.text("window")),
        fields.countIf("tokens"),
        fields.exactIf("usd"),
        fields.countIf("spentTokens"),
        fields.exactIf("spentUsd"),
        etag.or(() -> fields.textIf("etag")));
  }
}
