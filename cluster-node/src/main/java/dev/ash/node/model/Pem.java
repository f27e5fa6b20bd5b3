package dev.ash.node.model;

import dev.ash.config.UpstreamConfig.Network;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** TLS as PEM files describe it. */
final class Pem {
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

  private Pem() {}

  /** Trusts what the JDK trusts and the files' certificates; shows the client's chain if asked. */
  static SSLContext context(Network network) throws IOException {
    try {
      var trusted = emptyStore();
      for (var issuer : jdkIssuers()) {
        trusted.setCertificateEntry("jdk-" + trusted.size(), issuer);
      }
      if (network.caFile().isPresent()) {
        for (var certificate : certificates("ASH_MODEL_CA_FILE", network.caFile().get())) {
          trusted.setCertificateEntry("file-" + trusted.size(), certificate);
        }
      }
      var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      var own = emptyStore();
      if (network.certFile().isPresent()) {
        var chain = certificates("ASH_MODEL_CLIENT_CERT_FILE", network.certFile().get());
        own.setKeyEntry(
            "client",
            key(network.keyFile().orElseThrow()),
            new char[0],
            chain.toArray(Certificate[]::new));
      }
      var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(own, new char[0]);
      var context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("TLS for the model server could not be set up: " + e.getMessage(), e);
    }
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, new char[0]);
    return store;
  }

  private static List<X509Certificate> jdkIssuers() throws GeneralSecurityException {
    var jdk = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    jdk.init((KeyStore) null);
    for (var manager : jdk.getTrustManagers()) {
      if (manager instanceof X509TrustManager x509) {
        return List.of(x509.getAcceptedIssuers());
      }
    }
    return List.of();
  }

  private static List<Certificate> certificates(String setting, Path file) throws IOException {
    try {
      var all =
          new ArrayList<Certificate>(
              CertificateFactory.getInstance("X.509")
                  .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file))));
      if (all.isEmpty()) {
        throw new IOException(setting + ": " + file + " (expected: PEM certificates; it has none)");
      }
      return all;
    } catch (GeneralSecurityException e) {
      throw new IOException(setting + ": " + file + " (expected: PEM certificates)", e);
    }
  }

  /** What cannot be read is not repeated: it may be a key. */
  private static PrivateKey key(Path file) throws IOException, GeneralSecurityException {
    var match = KEY.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
    if (match.find()) {
      var spec = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(match.group(1)));
      for (var algorithm : List.of("RSA", "EC", "Ed25519")) {
        try {
          return KeyFactory.getInstance(algorithm).generatePrivate(spec);
        } catch (InvalidKeySpecException _) {
          // of another kind
        }
      }
    }
    throw new IOException(
        "ASH_MODEL_CLIENT_KEY_FILE: "
            + file
            + " (expected: an unencrypted PKCS#8 key in PEM; openssl pkcs8 -topk8 -nodes makes one)");
  }
}
