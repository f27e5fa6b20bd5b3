package dev.ash.gateway;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

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
    var command =
        List.of(
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
            Integer.toString(port));
    // A connection that asks nothing would hold it up: it serves one at a time.
    return new RealResponder(
        OwnProcess.start(
            command,
            log,
            Duration.ofSeconds(30),
            () -> Files.readString(log).contains("waiting for OCSP")));
  }

  @Override
  public void close() {
    OwnProcess.end(process);
  }
}
