package dev.ash.gateway.check;

import java.util.Arrays;
import java.util.List;

/** The header in which a gateway wants its token; products differ. */
public enum AuthHeader {
  /** {@code Authorization: Bearer TOKEN}, as Claude Code sends {@code ANTHROPIC_AUTH_TOKEN}. */
  BEARER("bearer", "authorization", "Bearer "),
  /** {@code x-api-key: TOKEN}, as Claude Code sends {@code ANTHROPIC_API_KEY}. */
  X_API_KEY("x-api-key", "x-api-key", "");

  private final String word;
  private final String header;
  private final String scheme;

  AuthHeader(String word, String header, String scheme) {
    this.word = word;
    this.header = header;
    this.scheme = scheme;
  }

  /** The one that is called so on the command line. */
  public static AuthHeader of(String word) {
    return Arrays.stream(values())
        .filter(h -> h.word.equals(word))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "--auth-header: "
                        + word
                        + " (expected: "
                        + String.join(" or ", words())
                        + ")"));
  }

  private static List<String> words() {
    return Arrays.stream(values()).map(h -> h.word).toList();
  }

  String header() {
    return header;
  }

  String value(String token) {
    return scheme + token;
  }

  /** The header in which this gateway does not look for its token. */
  AuthHeader other() {
    return switch (this) {
      case BEARER -> X_API_KEY;
      case X_API_KEY -> BEARER;
    };
  }

  /** What reports call it. */
  String title() {
    return switch (this) {
      case BEARER -> "Bearer token";
      case X_API_KEY -> "x-api-key";
    };
  }
}
