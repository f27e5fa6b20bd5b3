package dev.ash.config;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * What model calls may cost; the operator's bound for every tenant.
 *
 * @param subject an agent's or a tenant's name; empty means each one
 */
public record BudgetConfig(
    Scope scope, String subject, Window window, OptionalLong tokens, Optional<BigDecimal> usd) {

  private static final Pattern ENTRY =
      Pattern.compile(
          "(session|agent|tenant)(?:\\(([^)]*)\\))?/(turn|day|month|total)\\s*=\\s*(.*)");
  private static final Pattern AMOUNT =
      Pattern.compile("([0-9]{1,15}(?:\\.[0-9]{1,9})?)\\s*(USD|tokens)");
  private static final String FORM =
      "scope/window = amount, as in: session/turn = 2 USD, tenant/day = 100 USD 50000000 tokens";

  /** Whose calls are summed up. */
  public enum Scope {
    SESSION,
    AGENT,
    TENANT
  }

  /** Over what time. */
  public enum Window {
    TURN,
    DAY,
    MONTH,
    TOTAL
  }

  /** Several are separated by commas or lines. */
  static List<BudgetConfig> parse(String text) {
    var budgets = new ArrayList<BudgetConfig>();
    for (var entry : text.split("[,\\n]", -1)) {
      if (!entry.isBlank()) {
        budgets.add(one(entry.strip()));
      }
    }
    return budgets;
  }

  private static BudgetConfig one(String entry) {
    var match = ENTRY.matcher(entry);
    Require.that(match.matches(), "ASH_MODEL_BUDGETS", entry, FORM);
    var tokens = OptionalLong.empty();
    var usd = Optional.<BigDecimal>empty();
    var amounts = AMOUNT.matcher(match.group(4));
    var at = 0;
    while (amounts.find()) {
      Require.that(
          match.group(4).substring(at, amounts.start()).isBlank(),
          "ASH_MODEL_BUDGETS",
          entry,
          FORM);
      at = amounts.end();
      if (amounts.group(2).equals("USD")) {
        usd = Optional.of(new BigDecimal(amounts.group(1)));
        Require.that(
            usd.get().compareTo(BigDecimal.valueOf(1_000_000_000L)) <= 0,
            "ASH_MODEL_BUDGETS",
            entry,
            "at most 1000000000 USD");
      } else {
        Require.that(!amounts.group(1).contains("."), "ASH_MODEL_BUDGETS", entry, FORM);
        tokens = OptionalLong.of(Long.parseLong(amounts.group(1)));
      }
    }
    Require.that(
        (tokens.isPresent() || usd.isPresent()) && match.group(4).substring(at).isBlank(),
        "ASH_MODEL_BUDGETS",
        entry,
        FORM);
    return new BudgetConfig(
        Scope.valueOf(match.group(1).toUpperCase(java.util.Locale.ROOT)),
        match.group(2) == null ? "" : match.group(2).strip(),
        Window.valueOf(match.group(3).toUpperCase(java.util.Locale.ROOT)),
        tokens,
        usd);
  }
}
