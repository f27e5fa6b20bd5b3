package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** Answers for an authority's books (OCSP): {@code openssl ocsp} as a process of the test's. */
final class RealResponder implements AutoCloseable {
  private final Process process;

  private RealResponder(Process process) {
    this.process = process;
  }

  /**
   * Returns when it listens.
   *
   * @param signer who signs its answers
   */
  static RealResponder start(Certificates authority, Certificates.Pair signer, int port, Path log)
      throws Exception {
    var process =
        new ProcessBuilder(
                "openssl",
                "ocsp",
                "-index",
                authority.books().toString(),
                "-CA",
                authority.authority().toString(),
                "-rsigner",
                signer.certificate().toString(),
                "-rkey",
                signer.key().toString(),
                "-port",
                Integer.toString(port))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    var started = new RealResponder(process);
    try {
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          // A connection that asks nothing would hold it up: it serves one at a time.
          .until(() -> !process.isAlive() || Files.readString(log).contains("waiting for OCSP"));
      assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
      return started;
    } catch (RuntimeException | Error e) {
      started.close();
      throw e;
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
      }
    } catch (InterruptedException _) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
