package dev.ash.gateway.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.gateway.config.Secret;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** An audit log of a test. */
record Log(Path file) {
  static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-11-27T00:00:00Z"));
  static final Secret KEY = new Secret("canary-audit-key-0123456789");

  /** Opens it, adds lines and closes it. */
  Log add(int lines) throws IOException {
    return add(lines, Seal.plain());
  }

  Log add(int lines, Seal seal) throws IOException {
    try (var trail = open(seal)) {
      add(trail, lines);
    }
    return this;
  }

  AuditTrail open(Seal seal) throws IOException {
    return AuditTrail.toFile(file, seal, CLOCK);
  }

  static void add(AuditTrail trail, int lines) throws IOException {
    for (var i = 0; i < lines; i++) {
      trail.append(Json.object().put("model", "claude-sonnet-5").put("tokens_used", i));
    }
  }

  List<String> lines() throws IOException {
    return new ArrayList<>(Files.readAllLines(file));
  }

  void write(List<String> lines) throws IOException {
    Files.writeString(file, String.join("\n", lines) + "\n");
  }

  Verdict verify() throws IOException {
    return verify(Optional.empty());
  }

  Verdict verify(Optional<Link> witness) throws IOException {
    return new AuditVerifier(new AuditVerifier.Options(List.of(), witness, false))
        .verify(List.of(file));
  }

  Verdict verify(Secret key) throws IOException {
    return new AuditVerifier(new AuditVerifier.Options(List.of(key), Optional.empty(), false))
        .verify(List.of(file));
  }

  /** The last line, as a check prints it. */
  Link verifiedLast() throws IOException {
    var text = verify().text();
    var parts = text.substring(text.indexOf("last: ") + "last: ".length()).split(":", 2);
    return new Link(Long.parseLong(parts[0]), parts[1].strip());
  }

  /** The same line with another text in it, and a hash that fits again. */
  static String forged(String line, String old, String next, Seal seal) {
    var changed = line.replace(old, next).replaceFirst(",\"hash\":\"[0-9a-f]{64}\"}$", "");
    return changed + ",\"hash\":\"" + seal.of(changed.getBytes(UTF_8), 0) + "\"}";
  }
}
