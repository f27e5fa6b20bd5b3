package dev.ash.node.credentials;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.config.Secret;
import dev.ash.persistence.table.CredentialTable.Box;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals secrets with AES-256-GCM, under keys that PBKDF2 makes from the master keys. The first
 * master key seals; every one opens what it has sealed, which its name in the box tells. Stored
 * boxes depend on all of this for ever. Slow, so that a stolen database does not give away a weak
 * master key; thread-safe.
 */
final class MasterKeys {
  private static final int ROUNDS = 100_000;
  private static final int KEY_BITS = 256;
  private static final int NAME_BITS = 64;
  private static final int SALT_BYTES = 16;
  private static final int IV_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final int DERIVED_KEPT = 64;
  private static final byte[] NAMING = "ash credential key name".getBytes(UTF_8);

  private final List<Secret> secrets;
  private final SecureRandom random;

  /** New boxes of this process share it, so that each does not cost a derivation. */
  private final String salt;

  private final Map<String, Secret> named = new LinkedHashMap<>();
  private final Map<String, SecretKeySpec> derived =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, SecretKeySpec> eldest) {
          return size() > DERIVED_KEPT;
        }
      };

  MasterKeys(List<Secret> secrets, SecureRandom random) {
    this.secrets = List.copyOf(secrets);
    this.random = random;
    this.salt = Base64.getEncoder().encodeToString(bytes(SALT_BYTES));
  }

  boolean areThere() {
    return !secrets.isEmpty();
  }

  /** The names of all, the one that seals first. */
  synchronized List<String> names() {
    if (named.isEmpty()) {
      for (var secret : secrets) {
        named.putIfAbsent(HexFormat.of().formatHex(derive(secret, NAMING, NAME_BITS)), secret);
      }
    }
    return List.copyOf(named.keySet());
  }

  /**
   * Seals a secret.
   *
   * @param purpose what has to be said again to open it
   */
  Box seal(Secret secret, String purpose) {
    var name = names().getFirst();
    var iv = bytes(IV_BYTES);
    try {
      var cipher = cipher(Cipher.ENCRYPT_MODE, key(name, salt), iv, purpose);
      var encoder = Base64.getEncoder();
      return new Box(
          name,
          salt,
          encoder.encodeToString(iv),
          encoder.encodeToString(cipher.doFinal(secret.reveal().getBytes(UTF_8))));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has AES-GCM", e);
    }
  }

  Secret open(Box box, String purpose) throws UnreadableException {
    if (!areThere()) {
      throw new UnreadableException("ASH_CREDENTIAL_KEY is not set on the node");
    }
    if (!names().contains(box.keyId())) {
      throw new UnreadableException(
          "it was stored with the master key %s, and ASH_CREDENTIAL_KEY has %s (put the old key behind the new one, with a comma between)"
              .formatted(box.keyId(), String.join(", ", names())));
    }
    try {
      var decoder = Base64.getDecoder();
      var cipher =
          cipher(
              Cipher.DECRYPT_MODE, key(box.keyId(), box.salt()), decoder.decode(box.iv()), purpose);
      return new Secret(new String(cipher.doFinal(decoder.decode(box.bytes())), UTF_8));
    } catch (AEADBadTagException | IllegalArgumentException e) {
      throw new UnreadableException("its stored form is damaged");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has AES-GCM", e);
    }
  }

  private static Cipher cipher(int mode, SecretKeySpec key, byte[] iv, String purpose)
      throws GeneralSecurityException {
    var cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, iv));
    cipher.updateAAD(purpose.getBytes(UTF_8));
    return cipher;
  }

  /** Two may make the same key at once: nobody waits while others make theirs. */
  private SecretKeySpec key(String name, String saltText) {
    var known = name + " " + saltText;
    Secret secret;
    synchronized (this) {
      var before = derived.get(known);
      if (before != null) {
        return before;
      }
      secret = Optional.ofNullable(named.get(name)).orElseThrow();
    }
    var made =
        new SecretKeySpec(derive(secret, Base64.getDecoder().decode(saltText), KEY_BITS), "AES");
    synchronized (this) {
      derived.put(known, made);
    }
    return made;
  }

  private static byte[] derive(Secret secret, byte[] salt, int bits) {
    var spec = new PBEKeySpec(secret.reveal().toCharArray(), salt, ROUNDS, bits);
    try {
      return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256").generateSecret(spec).getEncoded();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has PBKDF2", e);
    } finally {
      spec.clearPassword();
    }
  }

  private byte[] bytes(int count) {
    var bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }
}
