package dev.ash.gateway.tls;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** How it becomes known that a client's certificate is not to be believed any more. */
public sealed interface Revocation {
  /** Not at all: a certificate is good until it ends. */
  record Never() implements Revocation {}

  /**
   * By what the authorities publish (CRL).
   *
   * @param files PEM or DER; each authority of a chain needs one that is in date
   */
  record Lists(List<Path> files) implements Revocation {
    public Lists {
      files = List.copyOf(files);
    }
  }

  /**
   * By asking the authorities (OCSP).
   *
   * @param address whom to ask instead of those that the certificates name
   * @param signer whose signature is good, where that is neither the authority nor one whom it
   *     certified for it
   */
  record Responder(Optional<URI> address, Optional<Path> signer) implements Revocation {}
}
