package dev.ash.gateway.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.protocol.json.Json;

/** Tells the lines of one file apart, in their order, so that whoever adds up counts the same. */
final class UsageLines {
  /** What a line is. */
  sealed interface Kind {
    record Call(JsonNode line) implements Kind {}

    /** The log says that so many lines could not be written. */
    record Lost(long lines) implements Kind {}

    /**
     * Behind the first of a chain, and none of it. A gateway from before there were chains wrote
     * such lines, but only in front.
     */
    record Foreign() implements Kind {}

    /** No record: a torn one. */
    record Unreadable() implements Kind {}
  }

  private boolean chained;

  Kind kind(byte[] bytes) {
    var read = Json.parse(new String(bytes, UTF_8)).filter(JsonNode::isObject);
    if (read.isEmpty()) {
      return new Kind.Unreadable();
    }
    var line = read.get();
    var inChain = line.path("seq").isIntegralNumber() && line.path("hash").isTextual();
    chained |= inChain;
    if (chained && !inChain) {
      return new Kind.Foreign();
    }
    return line.has("event")
        ? new Kind.Lost(line.path("lost_lines").asLong())
        : new Kind.Call(line);
  }
}
