package dev.ash.node.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.config.Secret;
import dev.ash.protocol.id.Digest;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * How keys are stored: HMAC-SHA256 under the first credential key when there is one, else SHA-256,
 * in hex. Stored hashes depend on this for ever.
 */
final class KeyHash {
  private static final String HMAC = "HmacSHA256";

  private final List<SecretKeySpec> credentialKeys;

  KeyHash(List<Secret> credentialKeys) {
    this.credentialKeys =
        credentialKeys.stream()
            .map(secret -> new SecretKeySpec(secret.reveal().getBytes(UTF_8), HMAC))
            .toList();
  }

  /** What a new key is stored under. */
  String of(String key) {
    return candidates(key).getFirst();
  }

  /**
   * What a key may be stored under, in the order to look: also under a secret that is being
   * replaced, and as before there was a secret.
   */
  List<String> candidates(String key) {
    return Stream.concat(
            credentialKeys.stream().map(secret -> hmac(secret, key)), Stream.of(plain(key)))
        .toList();
  }

  static String plain(String key) {
    return Digest.of(key.getBytes(UTF_8)).hex();
  }

  private static String hmac(SecretKeySpec secret, String key) {
    try {
      var mac = Mac.getInstance(HMAC);
      mac.init(secret);
      return HexFormat.of().formatHex(mac.doFinal(key.getBytes(UTF_8)));
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("every Java platform has " + HMAC, e);
    }
  }
}
