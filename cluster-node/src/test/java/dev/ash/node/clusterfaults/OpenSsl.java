package dev.ash.node.clusterfaults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Certificates for tests. */
final class OpenSsl {
  private OpenSsl() {}

  /** {@code cert.pem}, its own authority, for 127.0.0.1, and {@code key.pem}. */
  static void certificate(Path folder) throws IOException, InterruptedException {
    run(
        folder,
        List.of(
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=ash",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            folder.resolve("key.pem").toString(),
            "-out",
            folder.resolve("cert.pem").toString()));
  }

  /** Runs it with these words; what it prints is in {@code openssl.log}. */
  static void run(Path folder, List<String> words) throws IOException, InterruptedException {
    assumeTrue(Path.of("/usr/bin/openssl").toFile().canExecute(), "openssl is not installed");
    var command = new ArrayList<>(List.of("openssl"));
    command.addAll(words);
    var log = folder.resolve("openssl.log");
    var openssl =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    assertThat(openssl.waitFor()).as("see %s", log).isZero();
  }
}
