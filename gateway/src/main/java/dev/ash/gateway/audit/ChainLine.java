package dev.ash.gateway.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.protocol.json.Json;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A line of the log: {@code {"seq":2,"prev":"…", …,"hash":"…"}}. {@code hash} is over the exact
 * bytes before it, {@code prev} is the hash of the line before.
 */
final class ChainLine {
  private static final String HASH = ",\"hash\":\"";
  private static final int TAIL = HASH.length() + 64 + "\"}".length();
  private static final Pattern ENDING = Pattern.compile(",\"hash\":\"[0-9a-f]{64}\"}");
  private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");
  private static final String GAP = "gap";

  private final long sequence;
  private final String previous;
  private final Optional<String> signer;
  private final String hash;
  private final JsonNode record;
  private final byte[] bytes;

  private ChainLine(
      long sequence,
      String previous,
      Optional<String> signer,
      String hash,
      JsonNode record,
      byte[] bytes) {
    this.sequence = sequence;
    this.previous = previous;
    this.signer = signer;
    this.hash = hash;
    this.record = record;
    this.bytes = bytes;
  }

  /** Empty when the bytes are no line of a chain, as far as its form goes. */
  static Optional<ChainLine> parse(byte[] bytes) {
    if (bytes.length <= TAIL) {
      return Optional.empty();
    }
    var tail = new String(bytes, bytes.length - TAIL, TAIL, UTF_8);
    if (!ENDING.matcher(tail).matches()) {
      return Optional.empty();
    }
    var json = Json.parse(new String(bytes, UTF_8));
    if (json.isEmpty() || !json.get().path("seq").isIntegralNumber()) {
      return Optional.empty();
    }
    var record = json.get();
    var previous = record.path("prev").asText();
    var sequence = record.path("seq").asLong();
    if (sequence < 1 || !HEX.matcher(previous).matches()) {
      return Optional.empty();
    }
    return Optional.of(
        new ChainLine(
            sequence,
            previous,
            Optional.ofNullable(record.path("signed_by").textValue()),
            tail.substring(HASH.length(), HASH.length() + 64),
            record,
            bytes));
  }

  /** The line that follows {@code last}. */
  static ChainLine after(Link last, ObjectNode fields, Seal seal) {
    var record = Json.object().put("seq", last.sequence() + 1).put("prev", last.hash());
    seal.signer().ifPresent(name -> record.put("signed_by", name));
    record.setAll(fields);
    var sealed = Json.write(record).getBytes(UTF_8);
    // Without the last brace, which comes again behind the hash.
    var hash = seal.of(sealed, 1);
    var ending = (HASH + hash + "\"}").getBytes(UTF_8);
    var bytes = Arrays.copyOf(sealed, sealed.length - 1 + ending.length);
    System.arraycopy(ending, 0, bytes, sealed.length - 1, ending.length);
    return new ChainLine(last.sequence() + 1, last.hash(), seal.signer(), hash, record, bytes);
  }

  /** How every line after {@code last} begins. */
  static String head(Link last) {
    return "{\"seq\":" + (last.sequence() + 1) + ",\"prev\":\"" + last.hash() + "\"";
  }

  /** Says what is missing before it, or is there and belongs to no line. */
  static ObjectNode gap(long lostLines, long bytes, String sha256) {
    var gap = Json.object().put("event", GAP).put("lost_lines", lostLines);
    if (bytes > 0) {
      gap.put("unchained_bytes", bytes).put("unchained_sha256", sha256);
    }
    return gap;
  }

  long sequence() {
    return sequence;
  }

  String previous() {
    return previous;
  }

  /** The name of the key, where there is one. */
  Optional<String> signer() {
    return signer;
  }

  JsonNode record() {
    return record;
  }

  /** The line without its end. */
  byte[] bytes() {
    return bytes;
  }

  boolean isGap() {
    return record.path("event").asText().equals(GAP);
  }

  boolean isSealedBy(Seal seal) {
    return seal.of(bytes, TAIL).equals(hash);
  }

  Link link() {
    return new Link(sequence, hash);
  }
}
