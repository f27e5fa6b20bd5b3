package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** An authority of a test's own, made by openssl, and what it vouches for. */
final class Certificates {
  private final Path folder;
  private final String name;

  /** A certificate and its key, PEM. */
  record Pair(Path certificate, Path key) {}

  private Certificates(Path folder, String name) {
    this.folder = folder;
    this.name = name;
  }

  /** Skips the test where there is no openssl. */
  static Certificates authority(Path folder, String name) throws Exception {
    assumeTrue(RealProxy.installed("openssl", "version"), "openssl is not installed");
    var made = new Certificates(folder, name);
    made.openssl(name, "/CN=" + name, "basicConstraints=critical,CA:TRUE");
    return made;
  }

  Path authority() {
    return folder.resolve(name + ".pem");
  }

  /** A server's certificate for these names, such as {@code DNS:localhost,IP:127.0.0.1}. */
  Pair server(String file, String names) throws Exception {
    openssl(
        file,
        "/CN=server",
        "subjectAltName=" + names,
        "-CA",
        authority().toString(),
        "-CAkey",
        folder.resolve(name + ".key").toString());
    return new Pair(folder.resolve(file + ".pem"), folder.resolve(file + ".key"));
  }

  private void openssl(String file, String subject, String extension, String... more)
      throws Exception {
    var command =
        new ArrayList<>(
            List.of("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"));
    command.addAll(List.of("-subj", subject, "-addext", extension));
    command.addAll(List.of("-keyout", folder.resolve(file + ".key").toString()));
    command.addAll(List.of("-out", folder.resolve(file + ".pem").toString()));
    command.addAll(List.of(more));
    assertThat(RealProxy.run(command.toArray(String[]::new))).isZero();
  }
}
