package dev.ash.config;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * How many requests some callers may make per window, in place of the usual number.
 *
 * @param scope who is counted together
 * @param subject id of a key or name of a tenant; empty means each one
 * @param route method and path as the API's description writes them; empty means all
 */
public record RateRule(Scope scope, String subject, String route, int requests) {
  private static final Pattern ENTRY =
      Pattern.compile(
          "(key|tenant)(?:\\(([^)]*)\\))?(?:\\s+([A-Z]+\\s+/\\S*))?\\s*=\\s*([0-9]{1,9})");
  private static final String FORM =
      "who route = requests, as in: key POST /api/queue = 100, tenant(acme) = 5000";

  /** Whose requests are counted together. */
  public enum Scope {
    KEY,
    TENANT
  }

  /** Several are separated by commas or lines. */
  static List<RateRule> parse(String text) {
    var rules = new ArrayList<RateRule>();
    for (var entry : text.split("[,\\n]", -1)) {
      if (!entry.isBlank()) {
        rules.add(one(entry.strip()));
      }
    }
    return rules;
  }

  private static RateRule one(String entry) {
    var match = ENTRY.matcher(entry);
    Require.that(match.matches(), "ASH_RATE_LIMITS", entry, FORM);
    var requests = Integer.parseInt(match.group(4));
    Require.that(requests > 0, "ASH_RATE_LIMITS", entry, "more than 0 requests");
    return new RateRule(
        match.group(1).equals("key") ? Scope.KEY : Scope.TENANT,
        match.group(2) == null ? "" : match.group(2).strip(),
        match.group(3) == null ? "" : match.group(3).replaceAll("\\s+", " "),
        requests);
  }
}
