package dev.ash.gateway.config;

import dev.ash.config.ProviderConfig;
import dev.ash.gateway.config.GatewayConfig.OAuth;
import dev.ash.gateway.tls.Pem;
import dev.ash.gateway.tls.Revocation;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What a gateway reads when it starts, beside the configuration itself: certificates and keys. */
public final class FilesOfConfig {
  private FilesOfConfig() {}

  public static Set<Path> of(GatewayConfig config) {
    var files = new HashSet<Path>();
    config
        .listen()
        .tls()
        .ifPresent(
            tls -> {
              add(files, Optional.of(tls.identity()), tls.clientAuthorities());
              if (tls.revocation() instanceof Revocation.Responder responder) {
                responder.signer().ifPresent(files::add);
              }
            });
    for (var upstream : config.upstreams()) {
      add(files, upstream.identity(), upstream.authorities());
      upstream.vertex().flatMap(ProviderConfig.Vertex::credentialsFile).ifPresent(files::add);
    }
    config.access().oauth().flatMap(OAuth::authorities).ifPresent(files::add);
    return files;
  }

  private static void add(
      Set<Path> files, Optional<Pem.Identity> identity, Optional<Path> authorities) {
    identity.ifPresent(pair -> files.addAll(List.of(pair.certificate(), pair.key())));
    authorities.ifPresent(files::add);
  }
}
