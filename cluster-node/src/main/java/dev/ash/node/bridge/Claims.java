package dev.ash.node.bridge;

import dev.ash.protocol.bridge.BridgeFrame;
import dev.ash.protocol.bridge.FrameException;
import dev.ash.protocol.bridge.FrameException.Reason;
import dev.ash.protocol.bridge.FrameLimits;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** What a sandbox claims, checked before anybody else sees it. */
final class Claims {
  private static final int MESSAGE = 500;
  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
  private static final long YEAR_9999 = 253_402_300_799L;

  private Claims() {}

  /** A listed thing as the port has it. */
  static Bridge.Entry entry(BridgeFrame.Entry claim) throws FrameException {
    return new Bridge.Entry(
        path(claim.path()),
        switch (claim.kind()) {
          case FILE -> Bridge.Kind.FILE;
          case DIRECTORY -> Bridge.Kind.DIRECTORY;
          case LINK -> Bridge.Kind.LINK;
        },
        claim.kind() == BridgeFrame.Kind.FILE ? claim.size() : 0,
        claim.mode() & 0777,
        modified(claim.modifiedNs()),
        digest(claim),
        target(claim));
  }

  private static String path(String path) throws FrameException {
    if (path.isEmpty() || path.getBytes(StandardCharsets.UTF_8).length > FrameLimits.PATH) {
      throw bad("path: (expected: 1 to " + FrameLimits.PATH + " bytes)");
    }
    for (var part : path.split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..")) {
        throw bad("path: (expected: relative, without . and ..)");
      }
    }
    if (path.chars().anyMatch(Character::isISOControl)) {
      throw bad("path: (expected: no control characters)");
    }
    return path;
  }

  private static Instant modified(long nanos) {
    long seconds = Math.clamp(TimeUnit.NANOSECONDS.toSeconds(nanos), 0, YEAR_9999);
    return Instant.ofEpochSecond(seconds, nanos < 0 ? 0 : nanos % 1_000_000_000L);
  }

  private static Optional<String> digest(BridgeFrame.Entry claim) throws FrameException {
    if (claim.digest().isEmpty()) {
      return Optional.empty();
    }
    if (claim.kind() != BridgeFrame.Kind.FILE || !DIGEST.matcher(claim.digest().get()).matches()) {
      throw bad("digest: (expected: 64 hex digits, of a file)");
    }
    return claim.digest();
  }

  private static Optional<String> target(BridgeFrame.Entry claim) throws FrameException {
    boolean link = claim.kind() == BridgeFrame.Kind.LINK;
    if (link != claim.target().isPresent()) {
      throw bad("target: (expected: with links only)");
    }
    var target = claim.target().orElse("x");
    if (target.isEmpty()
        || target.getBytes(StandardCharsets.UTF_8).length > FrameLimits.PATH
        || target.chars().anyMatch(Character::isISOControl)) {
      throw bad("target: (expected: a path without control characters)");
    }
    return claim.target();
  }

  /** A text of the sandbox that goes into messages and logs: short and on one line. */
  static String text(String claim) {
    var shown = new StringBuilder();
    claim
        .chars()
        .limit(MESSAGE)
        .forEach(c -> shown.append(Character.isISOControl(c) ? ' ' : (char) c));
    return shown.toString();
  }

  static FrameException bad(String message) {
    return new FrameException(Reason.BAD_VALUE, message);
  }
}
