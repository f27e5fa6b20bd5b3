package dev.ash.gateway.tls;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Builds key stores and TLS contexts from PEM files; nothing is written to disk. */
public final class Pem {
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
  private static final char[] NO_PASSWORD = "in-memory".toCharArray();

  /** A certificate chain and its key. */
  public record Identity(Path certificate, Path key) {}

  private Pem() {}

  /** A key store with this identity; its password is {@link #password()}. */
  public static KeyStore keyStore(Identity identity) throws IOException, GeneralSecurityException {
    var chain = certificates(identity.certificate());
    var key = privateKey(identity.key());
    if (!belongs(key, chain.getFirst())) {
      throw new IOException(
          identity.key()
              + ": not the key of "
              + identity.certificate()
              + " (expected: the key that its first certificate was made for)");
    }
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, NO_PASSWORD);
    store.setKeyEntry("identity", key, NO_PASSWORD, chain.toArray(Certificate[]::new));
    return store;
  }

  /** A trust store with exactly these authorities. */
  public static KeyStore trustStore(Path authorities) throws IOException, GeneralSecurityException {
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, NO_PASSWORD);
    var number = 0;
    for (var certificate : certificates(authorities)) {
      store.setCertificateEntry("ca-" + number++, certificate);
    }
    return store;
  }

  public static String password() {
    return new String(NO_PASSWORD);
  }

  /** A context for calls: own authorities, own certificate, or the platform's where empty. */
  public static SSLContext client(Optional<Path> authorities, Optional<Identity> identity)
      throws IOException, GeneralSecurityException {
    TrustManager[] trust = null;
    if (authorities.isPresent()) {
      var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(trustStore(authorities.get()));
      trust = factory.getTrustManagers();
    }
    return context(identity, trust);
  }

  /** A context for calls that believes any server; for trying things out only. */
  public static SSLContext unchecked(Optional<Identity> identity)
      throws IOException, GeneralSecurityException {
    return context(identity, new TrustManager[] {new Anybody()});
  }

  private static SSLContext context(Optional<Identity> identity, TrustManager @Nullable [] trust)
      throws IOException, GeneralSecurityException {
    KeyManager[] keys = null;
    if (identity.isPresent()) {
      var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(keyStore(identity.get()), NO_PASSWORD);
      keys = factory.getKeyManagers();
    }
    var context = SSLContext.getInstance("TLS");
    context.init(keys, trust, null);
    return context;
  }

  /** The certificates of a file; one at least. */
  static List<Certificate> certificates(Path file) throws IOException, GeneralSecurityException {
    var factory = CertificateFactory.getInstance("X.509");
    try {
      var found =
          List.<Certificate>copyOf(
              factory.generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file))));
      if (!found.isEmpty()) {
        return found;
      }
    } catch (CertificateException e) {
      throw new IOException(file + ": no whole certificate (expected: PEM)", e);
    }
    throw new IOException(file + ": no certificate (expected: PEM with BEGIN CERTIFICATE)");
  }

  /** Somebody may have replaced one of the two files only. */
  private static boolean belongs(PrivateKey key, Certificate certificate)
      throws GeneralSecurityException {
    var proof = "does this key belong to that certificate".getBytes(US_ASCII);
    var algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> "EdDSA";
        };
    try {
      var signing = Signature.getInstance(algorithm);
      signing.initSign(key);
      signing.update(proof);
      var signature = signing.sign();
      var verifying = Signature.getInstance(algorithm);
      verifying.initVerify(certificate.getPublicKey());
      verifying.update(proof);
      return verifying.verify(signature);
    } catch (InvalidKeyException | SignatureException _) {
      // A key of another kind or size.
      return false;
    }
  }

  private static PrivateKey privateKey(Path file) throws IOException, GeneralSecurityException {
    var match = KEY.matcher(Files.readString(file, US_ASCII));
    if (!match.find()) {
      throw new IOException(
          file
              + ": no unencrypted PKCS#8 key (expected: BEGIN PRIVATE KEY; convert with: openssl"
              + " pkcs8 -topk8 -nodes -in KEY -out KEY.p8)");
    }
    byte[] der;
    try {
      der = Base64.getMimeDecoder().decode(match.group(1));
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": no whole key (expected: PEM)", e);
    }
    for (var algorithm : List.of("RSA", "EC", "EdDSA")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
      } catch (java.security.spec.InvalidKeySpecException _) {
        // The key says in its own bytes what it is; the next kind may fit.
      }
    }
    throw new IOException(file + ": unknown kind of key (expected: RSA, EC or Ed25519)");
  }
}
