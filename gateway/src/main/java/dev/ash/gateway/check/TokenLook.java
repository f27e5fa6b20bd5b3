package dev.ash.gateway.check;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.protocol.json.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** What can be told of a token by looking at it. Its signature is not checked and not shown. */
final class TokenLook {
  /** A remark; a problem makes the token unusable. */
  record Remark(Level level, String text) {}

  enum Level {
    GOOD,
    PROBLEM,
    WARNING,
    INFO
  }

  private TokenLook() {}

  static List<Remark> format(String token) {
    var remarks = new ArrayList<Remark>();
    if (token.regionMatches(true, 0, "Bearer ", 0, 7)) {
      remarks.add(problem("Token contains the prefix 'Bearer '; give the token alone"));
    } else if (token.chars().anyMatch(Character::isWhitespace)) {
      remarks.add(
          problem(
              token.chars().anyMatch(c -> c == '\n' || c == '\r')
                  ? "Token contains whitespace: a line end"
                  : "Token contains whitespace"));
    } else if (!fitsHeader(token)) {
      remarks.add(problem("Token contains characters beyond visible ASCII"));
    }
    if (token.length() < 10) {
      remarks.add(
          problem("Token is too short (%d characters; typically 32+)".formatted(token.length())));
    }
    if (token.startsWith("sk-ant-")) {
      remarks.add(
          problem("This is a provider key (sk-ant-...); a gateway expects a token of its own"));
    } else if (token.startsWith("zpka_")) {
      remarks.add(new Remark(Level.INFO, "Looks like a Zuplo API key"));
    } else if (token.startsWith("tfk_")) {
      remarks.add(new Remark(Level.INFO, "Looks like a TrueFoundry API key"));
    } else if (token.startsWith("ash_")) {
      remarks.add(new Remark(Level.INFO, "Looks like an Ash API key"));
    }
    if (remarks.stream().noneMatch(r -> r.level() == Level.PROBLEM)) {
      remarks.add(new Remark(Level.GOOD, "Token format is plausible: " + Redaction.mask(token)));
    }
    return remarks;
  }

  /** Whether a request can carry it at all. */
  static boolean fitsHeader(String token) {
    return token.chars().allMatch(c -> c == '\t' || (c >= 0x20 && c <= 0x7e));
  }

  /** The payload of a signed JWT. */
  static Optional<JsonNode> claims(String token) {
    return part(token, 1);
  }

  /** The header of a signed JWT; empty for anything else. */
  static JsonNode header(String token) {
    return part(token, 0).orElseGet(Json::object);
  }

  private static Optional<JsonNode> part(String token, int number) {
    var parts = token.split("\\.", -1);
    if (parts.length != 3) {
      return Optional.empty();
    }
    try {
      return Json.parse(new String(Base64.getUrlDecoder().decode(parts[number]), UTF_8))
          .filter(JsonNode::isObject);
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  static List<Remark> expiration(String token, Instant now) {
    if (token.split("\\.", -1).length == 5) {
      return List.of(
          new Remark(Level.INFO, "Token is an encrypted JWT; only the gateway reads it"));
    }
    var claims = claims(token);
    if (claims.isEmpty()) {
      return List.of(new Remark(Level.INFO, "Token is not a JWT; its expiration is not visible"));
    }
    var remarks = new ArrayList<Remark>();
    for (var name : List.of("iss", "aud", "scope", "tenant_id")) {
      if (claims.get().has(name)) {
        remarks.add(new Remark(Level.INFO, name + ": " + claims.get().get(name)));
      }
    }
    var notBefore = claims.get().path("nbf").asLong(0);
    if (notBefore > now.getEpochSecond()) {
      remarks.add(
          problem(
              "Token is not valid yet, for " + (notBefore - now.getEpochSecond()) + " seconds"));
    }
    if (!claims.get().path("exp").isNumber()) {
      remarks.add(new Remark(Level.INFO, "Token has no expiration (exp)"));
      return remarks;
    }
    var left = Duration.between(now, Instant.ofEpochSecond(claims.get().path("exp").asLong()));
    if (left.isNegative() || left.isZero()) {
      remarks.add(problem("Token has expired"));
      remarks.add(new Remark(Level.INFO, "Expired " + left.negated().toSeconds() + " seconds ago"));
    } else {
      remarks.add(
          new Remark(
              Level.GOOD, "Token expires in " + left.toSeconds() + "s / " + left.toHours() + "h"));
    }
    return remarks;
  }

  private static Remark problem(String text) {
    return new Remark(Level.PROBLEM, text);
  }
}
