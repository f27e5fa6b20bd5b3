package dev.ash.gateway.audit;

import dev.ash.gateway.audit.UsageReport.By;
import dev.ash.gateway.audit.UsageReport.Sum;
import dev.ash.gateway.config.ConfigException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Sums as rows of text, for the command and for HTTP. */
public final class UsageTable {
  private UsageTable() {}

  /** Reads {@code consumer,day}. */
  public static List<By> by(String where, String text) throws ConfigException {
    var parts = new ArrayList<By>();
    for (var name : text.split(",", -1)) {
      parts.add(
          Arrays.stream(By.values())
              .filter(one -> name(one).equals(name.strip()) && !parts.contains(one))
              .findFirst()
              .orElseThrow(
                  () ->
                      new ConfigException(
                          where, text, "consumer, model, day, or several with commas")));
    }
    return parts;
  }

  public static String name(By one) {
    return one.name().toLowerCase(Locale.ROOT);
  }

  public static List<String> head(List<By> parts) {
    var head =
        parts.stream().map(UsageTable::name).collect(Collectors.toCollection(ArrayList::new));
    head.add("requests");
    UsageReport.KINDS.forEach(kind -> head.add(kind + "_tokens"));
    head.addAll(List.of("tokens", "cost_usd", "unpriced_tokens"));
    return head;
  }

  public static List<String> row(List<String> key, Sum sum) {
    var row = new ArrayList<>(key);
    row.add(Long.toString(sum.requests()));
    sum.kinds().forEach(n -> row.add(Long.toString(n)));
    row.add(Long.toString(sum.tokens()));
    row.add(cost(sum));
    row.add(Long.toString(sum.unpricedTokens()));
    return row;
  }

  /** Nothing but calls of unknown cost has no cost of zero. */
  private static String cost(Sum sum) {
    return sum.isCostKnown() ? sum.plainCost() : "unknown";
  }

  /** Comma separated, for a spreadsheet; without a total. */
  public static String csv(List<By> parts, Map<List<String>, Sum> rows) {
    var text = new StringBuilder();
    line(text, head(parts));
    rows.forEach((key, sum) -> line(text, row(key, sum)));
    return text.toString();
  }

  private static void line(StringBuilder text, List<String> cells) {
    text.append(cells.stream().map(UsageTable::cell).collect(Collectors.joining(","))).append('\n');
  }

  /** Names come from callers: a spreadsheet is not to take one for a formula. */
  private static String cell(String text) {
    var safe = text.matches("(?s)[=+@\\t\\r-].+") ? "'" + text : text;
    return safe.matches("(?s).*[\",\\r\\n].*") ? "\"" + safe.replace("\"", "\"\"") + "\"" : safe;
  }
}
