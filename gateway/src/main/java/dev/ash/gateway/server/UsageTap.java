package dev.ash.gateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.protocol.json.Json;
import java.io.ByteArrayOutputStream;
import java.util.Optional;

/**
 * Reads the usage out of an answer that passes by. A line or a body above the bound is let through
 * uncounted.
 */
final class UsageTap {
  private static final int MAX_LINE = 256 << 10;
  private static final int MAX_BODY = 8 << 20;
  private static final long MOST = 1_000_000_000;

  private final boolean stream;
  private final ByteArrayOutputStream held = new ByteArrayOutputStream();
  private boolean tooLong;
  private boolean seen;
  private long input;
  private long output;
  private long cacheWrite;
  private long longCacheWrite;
  private long cacheRead;

  UsageTap(boolean stream) {
    this.stream = stream;
  }

  void pass(byte[] bytes, int length) {
    if (!stream) {
      hold(bytes, 0, length, MAX_BODY);
      return;
    }
    var from = 0;
    for (var i = 0; i < length; i++) {
      if (bytes[i] == '\n') {
        hold(bytes, from, i - from, MAX_LINE);
        line();
        from = i + 1;
      }
    }
    hold(bytes, from, length - from, MAX_LINE);
  }

  void end() {
    if (!stream && !tooLong) {
      Json.parse(held.toString(UTF_8)).ifPresent(body -> read(body.path("usage")));
    }
  }

  /** What is known so far; empty before any usage came by. */
  Optional<TokenUsage> usage() {
    return seen
        ? Optional.of(
            new TokenUsage(input, output, cacheWrite - longCacheWrite, longCacheWrite, cacheRead))
        : Optional.empty();
  }

  private void hold(byte[] bytes, int from, int length, int most) {
    tooLong = tooLong || held.size() + length > most;
    if (!tooLong) {
      held.write(bytes, from, length);
    }
  }

  private void line() {
    if (!tooLong) {
      var line = held.toString(UTF_8);
      if (line.startsWith("data:") && line.contains("\"usage\"")) {
        Json.parse(line.substring("data:".length()))
            .ifPresent(
                event -> {
                  read(event.path("message").path("usage"));
                  read(event.path("usage"));
                });
      }
    }
    held.reset();
    tooLong = false;
  }

  /** Later events repeat the totals, so the newest value of a field is the whole. */
  private void read(JsonNode usage) {
    if (!usage.isObject()) {
      return;
    }
    seen = true;
    input = count(usage, "input_tokens", input);
    output = count(usage, "output_tokens", output);
    cacheWrite = count(usage, "cache_creation_input_tokens", cacheWrite);
    cacheRead = count(usage, "cache_read_input_tokens", cacheRead);
    longCacheWrite =
        Math.min(
            cacheWrite,
            count(usage.path("cache_creation"), "ephemeral_1h_input_tokens", longCacheWrite));
  }

  private static long count(JsonNode usage, String name, long otherwise) {
    var value = usage.path(name);
    return value.isIntegralNumber() ? Math.clamp(value.asLong(), 0, MOST) : otherwise;
  }
}
