package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.concurrent.TimeUnit;

/** A certificate that nobody vouches for, made by the JDK's own keytool. */
record SelfSigned(Path certificate, Path key) {
  private static final String PASSWORD = "in-test";

  /**
   * @param names as in {@code ip:127.0.0.1}
   */
  static SelfSigned in(Path folder, String names) throws Exception {
    var file = folder.resolve("server.p12");
    var process =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/keytool",
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=server",
                "-ext",
                "san=" + names,
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass",
                PASSWORD)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("keytool.log").toFile())
            .start();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(folder.resolve("keytool.log"))).isZero();
    var store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD.toCharArray());
    }
    return new SelfSigned(
        pem(
            folder.resolve("server.pem"),
            "CERTIFICATE",
            store.getCertificate("server").getEncoded()),
        pem(
            folder.resolve("server.key"),
            "PRIVATE KEY",
            store.getKey("server", PASSWORD.toCharArray()).getEncoded()));
  }

  /** The lines that make our gateway listen with it. */
  String listen() {
    return "listen: {tls: {certificate: '%s', key: '%s'}}\n".formatted(certificate, key);
  }

  private static Path pem(Path file, String kind, byte[] bytes) throws Exception {
    return Files.writeString(
        file,
        "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
            .formatted(kind, Base64.getMimeEncoder().encodeToString(bytes)));
  }
}
