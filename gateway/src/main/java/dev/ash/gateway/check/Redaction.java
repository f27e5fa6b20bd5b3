package dev.ash.gateway.check;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Takes credentials out of what is shown. */
public final class Redaction {
  private static final Pattern KEYS =
      Pattern.compile(
          "(?<![A-Za-z0-9])(?:sk-ant-|zpka_|zpks_|zpkc_|tfk_|ash_|eyJ)[A-Za-z0-9._-]{8,}");
  private static final int TELLING = 8;

  private final List<String> secrets;

  public Redaction(String token) {
    // A token that was pasted with more around it may come back without it.
    secrets =
        Stream.concat(
                Stream.of(token),
                Arrays.stream(token.split("\\s+")).filter(part -> part.length() >= TELLING))
            .filter(secret -> !secret.isEmpty())
            .distinct()
            .sorted(Comparator.comparingInt(String::length).reversed())
            .toList();
  }

  /** The text without the token and without anything that looks like one, on one line. */
  public String of(String text) {
    var clean = text;
    for (var secret : secrets) {
      clean = clean.replace(secret, mask(secret));
    }
    clean = KEYS.matcher(clean).replaceAll(match -> mask(match.group()));
    var line = new StringBuilder();
    clean.codePoints().map(c -> Character.isISOControl(c) ? ' ' : c).forEach(line::appendCodePoint);
    return line.toString();
  }

  /** The first and last four characters of a long secret; nothing of a short one. */
  public static String mask(String secret) {
    return secret.length() < 16
        ? "****"
        : secret.substring(0, 4) + "****" + secret.substring(secret.length() - 4);
  }
}
