package dev.ash.gateway.config;

import java.util.Set;

/** Names that mean something else in logs, sums and metrics, so that no consumer may have them. */
public final class ConsumerNames {
  /** How the names of administrators begin in the audit log. */
  public static final String ADMINISTRATOR = "administrator ";

  /** All that a sum was not kept for by themselves. */
  public static final String OTHERS = "(others)";

  /** Nobody, in sums. */
  public static final String NOBODY = "-";

  private static final Set<String> TAKEN = Set.of(OTHERS, NOBODY, "null");

  private ConsumerNames() {}

  /** Whether a name means something else. */
  public static boolean isTaken(String name) {
    return TAKEN.contains(name) || name.startsWith(ADMINISTRATOR);
  }

  /** A name that means nothing else. */
  public static String free(String where, String name) throws ConfigException {
    if (isTaken(name)) {
      throw new ConfigException(
          where,
          "'" + name + "'",
          "a name that no administrator has (administrator ...), and not (others), - or null");
    }
    return name;
  }
}
