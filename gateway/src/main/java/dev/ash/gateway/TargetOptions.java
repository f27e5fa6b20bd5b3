package dev.ash.gateway;

import dev.ash.gateway.check.AuthHeader;
import dev.ash.gateway.check.GatewayClient;
import dev.ash.gateway.check.Pause;
import dev.ash.gateway.check.ProbeUpstream;
import dev.ash.gateway.check.Probes;
import dev.ash.gateway.check.Proxies;
import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.Parts;
import dev.ash.gateway.tls.Pem;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which gateway is meant and how to get in: the options that every check has. */
final class TargetOptions {
  @Option(names = "--url", description = "The gateway, as in ANTHROPIC_BASE_URL. Required.")
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

  @Option(
      names = "--insecure",
      description = "Believes any certificate: others can read the token. For trying out only.")
  private boolean insecure;

  GatewayClient client(Surroundings world, Pause pause)
      throws ConfigException, IOException, GeneralSecurityException {
    var where = url();
    return client(world, pause, where, Parts.headerValue("--token", token(world)));
  }

  /** For a tool that says itself what is wrong with a token. */
  GatewayClient clientOfAnyToken(Surroundings world)
      throws ConfigException, IOException, GeneralSecurityException {
    var where = url();
    return client(world, world.pause(), where, token(world));
  }

  private GatewayClient client(Surroundings world, Pause pause, URI where, String token)
      throws IOException, GeneralSecurityException {
    var way = new GatewayClient.Way(tls(), Proxies.of(world::variable));
    if (insecure) {
      world
          .err()
          .println(
              "WARNING: --insecure: certificates are NOT checked. Anybody on the way can read the"
                  + " token and forge the answers.");
    }
    return new GatewayClient(
        new GatewayClient.Target(
            where, token, AuthHeader.of(header), model, way, Duration.ofSeconds(timeout)),
        pause);
  }

  private URI url() throws ConfigException {
    if (url.isEmpty()) {
      throw new IllegalArgumentException("--url is required");
    }
    return Parts.url("--url", url);
  }

  private Optional<SSLContext> tls() throws IOException, GeneralSecurityException {
    var identity = Optional.<Pem.Identity>empty();
    if (certificate != null && key != null) {
      identity = Optional.of(new Pem.Identity(certificate, key));
    } else if (certificate != null || key != null) {
      throw new IllegalArgumentException("--cert and --key (expected: both or none)");
    }
    if (insecure) {
      if (authorities != null) {
        throw new IllegalArgumentException("--ca and --insecure (expected: one of them)");
      }
      return Optional.of(Pem.unchecked(identity));
    }
    var trust = Optional.ofNullable(authorities);
    return trust.isPresent() || identity.isPresent()
        ? Optional.of(Pem.client(trust, identity))
        : Optional.empty();
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
          "--token is required\nOr give --token-file FILE, or set ANTHROPIC_AUTH_TOKEN.");
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
