package dev.ash.gateway.keys;

import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.ConsumerNames;
import dev.ash.gateway.config.Parts;
import java.time.Duration;

/** What somebody asks for who wants a key, checked once for the command line and for HTTP. */
public final class KeyWish {
  public static final Duration LONGEST = Duration.ofDays(3_650);

  private static final int SHORTEST_KEY = 32;
  private static final int FEWEST_CHARACTERS = 10;

  private KeyWish() {}

  /** The name of who will be counted and limited. */
  public static String consumer(String where, String text) throws ConfigException {
    if (!text.matches("[\\p{L}\\p{N}._@:/+-][\\p{L}\\p{N} ._@:/+-]{0,99}")) {
      throw new ConfigException(
          where, "'" + shown(text) + "'", "a name of 1 to 100 letters, digits, and . _ @ : / + -");
    }
    return ConsumerNames.free(where, text);
  }

  public static String label(String where, String text) throws ConfigException {
    if (!text.matches("[^\\p{C}]{0,200}")) {
      throw new ConfigException(where, "'" + shown(text) + "'", "at most 200 visible characters");
    }
    return text;
  }

  /** A key that its owner chose. It is hashed once, so one that can be guessed is none. */
  public static String key(String where, String text) throws ConfigException {
    if (!text.matches("[A-Za-z0-9_~+/=-]{" + SHORTEST_KEY + ",512}")
        || text.chars().distinct().count() < FEWEST_CHARACTERS) {
      throw new ConfigException(
          where,
          "***",
          "%d to 512 of A-Z a-z 0-9 _ ~ + / = -, at least %d different ones; or none, to have one made"
              .formatted(SHORTEST_KEY, FEWEST_CHARACTERS));
    }
    return text;
  }

  /** How long a key lives. */
  public static Duration life(String where, String text) throws ConfigException {
    var life = Parts.duration(where, text);
    if (life.compareTo(LONGEST) > 0) {
      throw new ConfigException(where, text, "at most " + LONGEST.toDays() + "d");
    }
    return life;
  }

  /** How long an old key goes on; {@code 0s} ends it at once. */
  public static Duration overlap(String where, String text) throws ConfigException {
    return text.matches("0(ms|s|m|h|d)?") ? Duration.ZERO : life(where, text);
  }

  private static String shown(String text) {
    var visible = text.replaceAll("\\p{C}", "?");
    return visible.length() <= 60 ? visible : visible.substring(0, 60) + "…";
  }
}
