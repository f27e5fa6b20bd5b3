package dev.ash.node.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.persistence.table.ModelCall.Usage;
import dev.ash.protocol.json.Json;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/**
 * Reads the usage out of an answer that passes by, and sees its end. It holds one line of a stream,
 * or a whole answer that is none; what is above the bound passes without being read.
 */
final class UsageTap {
  private static final int MAX_LINE = 1 << 20;
  private static final int MAX_BODY = 16 << 20;

  /** A piece of content has this around it, about: the names of its fields. */
  private static final int AROUND_DELTA = 86;

  private static final int CHARACTERS_PER_TOKEN = 4;

  private final boolean stream;
  private final ByteArrayOutputStream held = new ByteArrayOutputStream();
  private long lineLength;
  private boolean tooLong;
  private long deltas;
  private long deltaCharacters;
  private Usage usage = Usage.NONE;
  private long longCacheWrite;
  private boolean begun;
  private boolean ended;

  UsageTap(boolean stream) {
    this.stream = stream;
  }

  /** Reads without moving the buffer's position. */
  void pass(ByteBuffer buffer) {
    var bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    if (!stream) {
      hold(bytes, 0, bytes.length, MAX_BODY);
      if (!tooLong && endsAnObject(bytes)) {
        Json.parse(held.toString(UTF_8)).ifPresent(this::whole);
      }
      return;
    }
    var from = 0;
    for (var i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\n') {
        hold(bytes, from, i - from, MAX_LINE);
        line();
        from = i + 1;
      }
    }
    hold(bytes, from, bytes.length - from, MAX_LINE);
  }

  private static boolean endsAnObject(byte[] bytes) {
    for (var i = bytes.length - 1; i >= 0; i--) {
      if (bytes[i] > ' ') {
        return bytes[i] == '}';
      }
    }
    return false;
  }

  private void hold(byte[] bytes, int from, int length, int most) {
    lineLength += length;
    tooLong = tooLong || held.size() + length > most;
    if (!tooLong) {
      held.write(bytes, from, length);
    }
  }

  private void line() {
    var line = held.toString(UTF_8);
    if (line.startsWith("data:") && line.contains("\"content_block_delta\"")) {
      deltas++;
      deltaCharacters += Math.max(0, lineLength - AROUND_DELTA);
    }
    if (!tooLong) {
      // Most lines are deltas of text, which are not worth being parsed.
      if (line.startsWith("data:")
          && (line.contains("\"usage\"") || line.contains("\"message_stop\""))) {
        Json.parse(line.substring("data:".length())).ifPresent(this::event);
      }
    }
    held.reset();
    lineLength = 0;
    tooLong = false;
  }

  private void event(JsonNode event) {
    switch (event.path("type").asText()) {
      case "message_start" -> {
        read(event.path("message").path("usage"));
        begun = true;
      }
      case "message_delta" -> read(event.path("usage"));
      case "message_stop" -> ended = true;
      default -> {}
    }
  }

  private void whole(JsonNode message) {
    if (message.isObject()) {
      read(message.path("usage"));
      begun = true;
      ended = true;
    }
  }

  /** Later events repeat the totals: the newest value of a field is the whole. */
  private void read(JsonNode node) {
    usage =
        new Usage(
            count(node, "input_tokens", usage.input()),
            count(node, "output_tokens", usage.output()),
            count(node, "cache_creation_input_tokens", usage.cacheWrite()),
            count(node, "cache_read_input_tokens", usage.cacheRead()));
    longCacheWrite =
        Math.min(
            usage.cacheWrite(),
            count(node.path("cache_creation"), "ephemeral_1h_input_tokens", longCacheWrite));
  }

  private static long count(JsonNode usage, String name, long otherwise) {
    var value = usage.path(name);
    return value.isIntegralNumber() ? Math.clamp(value.asLong(), 0, 1_000_000_000L) : otherwise;
  }

  Usage usage() {
    return usage;
  }

  /**
   * What a stream that is left off has probably cost: how much was written is told at its end only.
   *
   * @param most the caller's bound of output tokens
   */
  Usage estimate(long most) {
    var written = Math.min(most, Math.max(deltas, deltaCharacters / CHARACTERS_PER_TOKEN));
    return new Usage(
        usage.input(), Math.max(usage.output(), written), usage.cacheWrite(), usage.cacheRead());
  }

  long longCacheWrite() {
    return longCacheWrite;
  }

  /** Whether the first usage has been seen. */
  boolean hasBegun() {
    return begun;
  }

  /** Whether the message is complete. */
  boolean hasEnded() {
    return ended;
  }
}
