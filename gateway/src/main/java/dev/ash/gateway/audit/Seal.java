package dev.ash.gateway.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.gateway.config.Secret;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Makes the hash of a line: SHA-256, or HMAC-SHA-256 with a key, which nobody forges who can only
 * write the file.
 */
public final class Seal {
  private static final int NAME_DIGITS = 8;
  private static final Pattern NAME = Pattern.compile("[0-9a-f]{" + NAME_DIGITS + "}");

  private final Optional<SecretKeySpec> key;
  private final Optional<String> signer;

  private Seal(Optional<SecretKeySpec> key) {
    this.key = key;
    this.signer =
        key.isEmpty()
            ? Optional.empty()
            : Optional.of(of("ash audit key".getBytes(UTF_8), 0).substring(0, NAME_DIGITS));
  }

  public static Seal plain() {
    return new Seal(Optional.empty());
  }

  public static Seal with(Secret key) {
    return new Seal(Optional.of(new SecretKeySpec(key.reveal().getBytes(UTF_8), "HmacSHA256")));
  }

  /** What a configuration asks for. */
  public static Seal by(Optional<Secret> key) {
    return key.map(Seal::with).orElseGet(Seal::plain);
  }

  /** The key's name: made from it, and no secret. Empty without a key. */
  public Optional<String> signer() {
    return signer;
  }

  /** Whether a text has the form of a key's name. */
  static boolean isSigner(String text) {
    return NAME.matcher(text).matches();
  }

  /**
   * The hash in 64 hex digits.
   *
   * @param without so many bytes at the end are left out
   */
  String of(byte[] bytes, int without) {
    var length = bytes.length - without;
    if (key.isEmpty()) {
      var digest = sha256();
      digest.update(bytes, 0, length);
      return HexFormat.of().formatHex(digest.digest());
    }
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(key.get());
      mac.update(bytes, 0, length);
      return HexFormat.of().formatHex(mac.doFinal());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has HMAC-SHA-256", e);
    }
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
