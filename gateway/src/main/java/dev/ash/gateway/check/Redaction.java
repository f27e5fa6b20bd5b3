package dev.ash.gateway.check;

import java.util.regex.Pattern;

/** Takes credentials out of what is shown. */
public final class Redaction {
  private static final Pattern KEYS =
      Pattern.compile(
          "(?<![A-Za-z0-9])(?:sk-ant-|zpka_|zpks_|zpkc_|tfk_|ash_|eyJ)[A-Za-z0-9._-]{8,}");

  private final String token;

  public Redaction(String token) {
    this.token = token;
  }

  /** The text without the token and without anything that looks like one, on one line. */
  public String of(String text) {
    var clean = token.isEmpty() ? text : text.replace(token, mask(token));
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
