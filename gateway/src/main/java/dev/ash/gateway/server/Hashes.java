package dev.ash.gateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.gateway.config.Secret;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** How a key is stored. A random key of 192 bits needs no slow hash. */
public final class Hashes {
  private final Optional<Secret> pepper;

  public Hashes(Optional<Secret> pepper) {
    this.pepper = pepper;
  }

  public String hash(String key) {
    try {
      if (pepper.isEmpty()) {
        return HexFormat.of()
            .formatHex(MessageDigest.getInstance("SHA-256").digest(key.getBytes(UTF_8)));
      }
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(pepper.get().reveal().getBytes(UTF_8), "HmacSHA256"));
      return HexFormat.of().formatHex(mac.doFinal(key.getBytes(UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
