package dev.ash.gateway.keys;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.HexFormat;
import java.util.function.UnaryOperator;

/** Makes keys of 192 random bits. */
public final class KeyMaker {
  /** How long a key lives that nobody said anything about. */
  public static final Duration USUAL_LIFE = Duration.ofDays(90);

  /** How long a key goes on beside the one that takes its place. */
  public static final Duration USUAL_OVERLAP = Duration.ofHours(24);

  private static final int KEY_BYTES = 24;
  private static final int ID_BYTES = 6;

  private final SecureRandom random = new SecureRandom();
  private final UnaryOperator<String> hash;

  /**
   * @param hash what is kept of a key's text
   */
  public KeyMaker(UnaryOperator<String> hash) {
    this.hash = hash;
  }

  public NewKey make(String consumer, String label, Instant now, Duration life) {
    return unnamed(now, life).of(consumer, label);
  }

  /** One whose consumer is known only when it takes its place in a store. */
  public NewKey.Unnamed unnamed(Instant now, Duration life) {
    return given(text(), now, life);
  }

  /** One whose text somebody chose; see {@link KeyWish#key}. */
  public NewKey.Unnamed given(String text, Instant now, Duration life) {
    // What is shown of a time has no fractions, and an end must not come before what was shown.
    var created = now.truncatedTo(ChronoUnit.SECONDS);
    return new NewKey.Unnamed(
        "key-" + HexFormat.of().formatHex(bytes(ID_BYTES)),
        hash.apply(text),
        created,
        created.plus(life),
        text);
  }

  public String text() {
    return "ash_" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes(KEY_BYTES));
  }

  private byte[] bytes(int count) {
    var bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }
}
