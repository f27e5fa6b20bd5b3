package dev.ash.scriptedmodel;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/** Counts how often the same call came, because a client's retry cannot be told from the first. */
final class Attempts {
  private static final int KEPT = 10_000;

  private final Map<String, Integer> seen =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Integer> eldest) {
          return size() > KEPT;
        }
      };
  private long ids;

  synchronized int next(String call) {
    return seen.merge(digest(call), 1, Integer::sum);
  }

  /**
   * An id that no other answer has. It follows from the conversation, so that a restarted server
   * does not repeat the ids an agent has in its transcript (the agent joins messages of equal id).
   */
  synchronized String unique(String call) {
    return digest(ids++ + call).substring(0, 24);
  }

  private static String digest(String text) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
