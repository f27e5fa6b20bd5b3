package dev.ash.gateway;

import dev.ash.gateway.check.AuthHeader;
import dev.ash.gateway.check.GatewayClient;
import dev.ash.gateway.check.Pause;
import dev.ash.gateway.check.ProbeUpstream;
import dev.ash.gateway.check.Probes;
import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.Parts;
import dev.ash.gateway.tls.Pem;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which gateway is meant and how to get in: the options that every check has. */
final class TargetOptions {
  @Option(names = "--url", required = true, description = "The gateway, as in ANTHROPIC_BASE_URL.")
  private String url = "";

  @Option(
      names = "--token",
      description = "Its token. Others can see it in the list of processes; better:")
  private @Nullable String givenToken;

  @Option(names = "--token-file", description = "A file with the token.")
  private @Nullable Path tokenFile;

  @Option(
      names = "--auth-header",
      description = "Where the token is sent: bearer or x-api-key. Default: bearer")
  private String header = "bearer";

  @Option(names = "--model", description = "The model to ask. Default: ${DEFAULT-VALUE}")
  private String model = "claude-3-5-sonnet-20241022";

  @Option(names = "--timeout", description = "Seconds to wait for an answer. Default: 30")
  private int timeout = 30;

  @Option(names = "--ca", description = "Authorities to trust, PEM.")
  private @Nullable Path authorities;

  @Option(names = "--cert", description = "A certificate to show, PEM.")
  private @Nullable Path certificate;

  @Option(names = "--key", description = "Its key, PKCS#8 PEM.")
  private @Nullable Path key;

  GatewayClient client(Surroundings world, Pause pause)
      throws ConfigException, IOException, GeneralSecurityException {
    return client(pause, Parts.headerValue("--token", token(world)));
  }

  /** For a tool that says itself what is wrong with a token. */
  GatewayClient clientOfAnyToken(Surroundings world)
      throws ConfigException, IOException, GeneralSecurityException {
    return client(world.pause(), token(world));
  }

  private GatewayClient client(Pause pause, String token)
      throws ConfigException, IOException, GeneralSecurityException {
    var identity = Optional.<Pem.Identity>empty();
    if (certificate != null && key != null) {
      identity = Optional.of(new Pem.Identity(certificate, key));
    } else if (certificate != null || key != null) {
      throw new IllegalArgumentException("--cert and --key (expected: both or none)");
    }
    var trust = Optional.ofNullable(authorities);
    var tls =
        trust.isPresent() || identity.isPresent()
            ? Optional.of(Pem.client(trust, identity))
            : Optional.<javax.net.ssl.SSLContext>empty();
    return new GatewayClient(
        new GatewayClient.Target(
            Parts.url("--url", url),
            token,
            AuthHeader.of(header),
            model,
            tls,
            Duration.ofSeconds(timeout)),
        pause);
  }

  private String token(Surroundings world) throws IOException {
    var found =
        givenToken != null
            ? givenToken
            : tokenFile != null
                ? Files.readString(tokenFile).strip()
                : world.variable("ANTHROPIC_AUTH_TOKEN");
    if (found.isEmpty()) {
      throw new IllegalArgumentException(
          "--token is required (or --token-file, or ANTHROPIC_AUTH_TOKEN)");
    }
    return found;
  }

  /** A probe at {@code HOST:PORT}. */
  static Optional<ProbeUpstream> probe(@Nullable String address) throws IOException {
    if (address == null) {
      return Optional.empty();
    }
    var colon = address.lastIndexOf(':');
    if (colon < 1 || !address.substring(colon + 1).matches("\\d{1,5}")) {
      throw new IllegalArgumentException("--probe-listen: " + address + " (expected: HOST:PORT)");
    }
    return Optional.of(
        new ProbeUpstream(
            new InetSocketAddress(
                address.substring(0, colon), Integer.parseInt(address.substring(colon + 1))),
            Pause.real()));
  }

  static Optional<Probes> probes(
      Optional<ProbeUpstream> upstream, GatewayClient client, Surroundings world) {
    return upstream.map(u -> new Probes(u, client, world.ids()));
  }
}
