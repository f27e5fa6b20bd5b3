package dev.ash.persistence.table;

import dev.ash.protocol.http.EntityTag;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * What may be spent on model calls.
 *
 * @param subject a session's id or an agent's name; empty means each one of the scope by itself
 * @param tokens empty where tokens are not limited
 * @param nanos billionths of a US dollar; empty where money is not limited
 */
public record Budget(
    Owner owner,
    Scope scope,
    String subject,
    Window window,
    OptionalLong tokens,
    OptionalLong nanos) {

  /** Names what it permits: to whom and when is not part of its state, but says which one it is. */
  public EntityTag tag() {
    return EntityTag.strong("tokens-" + text(tokens) + "-nanos-" + text(nanos));
  }

  Budget limitedTo(OptionalLong newTokens, OptionalLong newNanos) {
    return new Budget(owner, scope, subject, window, newTokens, newNanos);
  }

  private static String text(OptionalLong limit) {
    return limit.isPresent() ? Long.toString(limit.getAsLong()) : "any";
  }

  /** Who has set it. A call must be within the budgets of both. */
  public enum Owner {
    OPERATOR,
    TENANT
  }

  /** Whose calls it sums up. */
  public enum Scope {
    SESSION,
    AGENT,
    TENANT
  }

  /** Over what time. Days and months are those of UTC. */
  public enum Window {
    TURN,
    DAY,
    MONTH,
    TOTAL;

    private static final DateTimeFormatter DATE =
        DateTimeFormatter.ofPattern("uuuu-MM-dd", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter YEAR_MONTH =
        DateTimeFormatter.ofPattern("uuuu-MM", Locale.ROOT).withZone(ZoneOffset.UTC);

    /** The name of the period that a call falls into. */
    public String period(Instant at, long turn) {
      return switch (this) {
        case TURN -> "turn:" + turn;
        case DAY -> "day:" + DATE.format(at);
        case MONTH -> "month:" + YEAR_MONTH.format(at);
        case TOTAL -> "total";
      };
    }
  }

  /**
   * The budgets that a call has to be within. Of one owner, scope and window the one that names the
   * subject counts and not the general one; what is later in the list counts and not what is before
   * it.
   *
   * @param all the configured ones first, then the stored ones
   */
  static List<Budget> applying(List<Budget> all, ModelCall.Party party) {
    var applying = new ArrayList<Budget>();
    for (var owner : Owner.values()) {
      for (var scope : Scope.values()) {
        for (var window : Window.values()) {
          for (var subject : List.of(party.subject(scope), "")) {
            var found =
                all.stream()
                    .filter(b -> b.owner == owner && b.scope == scope && b.window == window)
                    .filter(b -> b.subject.equals(subject))
                    .reduce((_, later) -> later);
            if (found.isPresent()) {
              applying.add(found.get());
              break;
            }
          }
        }
      }
    }
    return applying;
  }

  /** The scope whose sums it is compared with: a turn's are those of its session. */
  Scope summedBy() {
    return window == Window.TURN ? Scope.SESSION : scope;
  }
}
