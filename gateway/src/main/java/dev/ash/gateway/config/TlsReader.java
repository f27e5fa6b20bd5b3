package dev.ash.gateway.config;

import dev.ash.gateway.config.GatewayConfig.Tls;
import dev.ash.gateway.tls.Pem;
import dev.ash.gateway.tls.Revocation;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/** Reads the listener's TLS, and how clients' certificates are judged there. */
final class TlsReader {
  private final Function<String, Path> files;

  /**
   * @param files finds what a path in the configuration means
   */
  TlsReader(Function<String, Path> files) {
    this.files = files;
  }

  Tls read(Fields fields) throws ConfigException {
    var identity =
        new Pem.Identity(
            files.apply(fields.need("certificate", "a PEM file")),
            files.apply(fields.need("key", "a PEM file")));
    var authorities = fields.text("clientAuthorities").map(files);
    var revocation = revocation(fields, authorities.isPresent());
    fields.nothingElse();
    return new Tls(identity, authorities, revocation);
  }

  private Revocation revocation(Fields fields, boolean authorities) throws ConfigException {
    var lists = fields.texts("revocations").stream().map(files).toList();
    var asks = fields.has("ocsp");
    if (!lists.isEmpty() && !authorities) {
      throw new ConfigException(
          fields.path("revocations"), "without clientAuthorities", "whose lists they are");
    }
    if (asks && !authorities) {
      throw new ConfigException(
          fields.path("ocsp"), "without clientAuthorities", "whose responders are asked");
    }
    if (asks && !lists.isEmpty()) {
      throw new ConfigException(
          fields.path("ocsp"), "beside revocations", "one of both, for each says who is revoked");
    }
    if (asks) {
      return responder(fields.at("ocsp"));
    }
    return lists.isEmpty() ? new Revocation.Never() : new Revocation.Lists(lists);
  }

  private Revocation responder(Fields fields) throws ConfigException {
    var address =
        fields.has("responder")
            ? Optional.of(
                Parts.url(fields.path("responder"), fields.need("responder", "an address")))
            : Optional.<URI>empty();
    var signer = fields.text("signer").map(files);
    fields.nothingElse();
    return new Revocation.Responder(address, signer);
  }
}
