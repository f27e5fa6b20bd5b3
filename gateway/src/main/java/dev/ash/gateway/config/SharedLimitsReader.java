package dev.ash.gateway.config;

import dev.ash.gateway.config.SharedLimits.Login;
import dev.ash.gateway.config.SharedLimits.OnFailure;
import dev.ash.gateway.config.SharedLimits.Tls;
import dev.ash.gateway.tls.Pem;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/** The part of our format that says where limits are counted together. */
final class SharedLimitsReader {
  private static final Pattern DATABASE = Pattern.compile("/?|/[0-9]{1,4}");
  private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9:._-]{1,64}");
  private static final Duration SHORTEST = Duration.ofMillis(10);
  private static final Duration LONGEST = Duration.ofSeconds(5);

  private final Expansion expansion;
  private final Path folder;

  SharedLimitsReader(Expansion expansion, Path folder) {
    this.expansion = expansion;
    this.folder = folder;
  }

  Optional<SharedLimits> read(Fields limits) throws ConfigException {
    if (!limits.has("shared")) {
      return Optional.empty();
    }
    var at = limits.at("shared");
    var where = at.path("url");
    var url = url(where, expansion.expand(where, at.need("url", "redis://host:6379")));
    var path = Optional.ofNullable(url.getPath()).orElse("").replace("/", "");
    var shared =
        new SharedLimits(
            url.getHost().replaceAll("^\\[|]$", ""),
            url.getPort() < 0 ? SharedLimits.PORT : url.getPort(),
            path.isEmpty() ? 0 : Integer.parseInt(path),
            tls(at, url),
            login(at),
            prefix(at),
            timeout(at),
            onFailure(at));
    at.nothingElse();
    return Optional.of(shared);
  }

  private static URI url(String where, String text) throws ConfigException {
    // What stands before the @ may be a password.
    var shown = text.contains("@") ? "***" : text;
    var expected =
        text.contains("@")
            ? "no user and password in it: they are limits.shared.username and .password"
            : "redis:// or rediss:// (TLS), a host, and perhaps a port and /database";
    try {
      var url = new URI(text);
      if (url.getHost() == null
          || !("redis".equals(url.getScheme()) || "rediss".equals(url.getScheme()))
          || url.getUserInfo() != null
          || url.getQuery() != null
          || url.getFragment() != null
          || url.getPort() == 0
          || url.getPort() > 65_535
          || !DATABASE.matcher(url.getPath()).matches()) {
        throw new ConfigException(where, shown, expected);
      }
      return url;
    } catch (URISyntaxException _) {
      throw new ConfigException(where, shown, expected);
    }
  }

  private Optional<Tls> tls(Fields at, URI url) throws ConfigException {
    var authorities = at.text("authorities").map(folder::resolve);
    var identity = Optional.<Pem.Identity>empty();
    if (at.has("certificate") || at.has("key")) {
      identity =
          Optional.of(
              new Pem.Identity(
                  folder.resolve(at.need("certificate", "a PEM file")),
                  folder.resolve(at.need("key", "a PEM file"))));
    }
    if (url.getScheme().equals("rediss")) {
      return Optional.of(new Tls(authorities, identity));
    }
    if (authorities.isPresent() || identity.isPresent()) {
      throw new ConfigException(
          at.path("url"), url, "rediss:// with authorities or a certificate; redis:// has no TLS");
    }
    return Optional.empty();
  }

  private Optional<Login> login(Fields at) throws ConfigException {
    var user = at.text("username");
    var password = at.text("password");
    if (password.isEmpty()) {
      if (user.isPresent()) {
        throw new ConfigException(at.path("password"), "missing", "the password of " + user.get());
      }
      return Optional.empty();
    }
    var where = at.path("password");
    var secret = expansion.expand(where, password.get());
    if (secret.isEmpty()) {
      throw new ConfigException(where, "empty", "a password, or no such field");
    }
    return Optional.of(
        new Login(
            user.isPresent()
                ? Optional.of(expansion.expand(at.path("username"), user.get()))
                : Optional.empty(),
            new Secret(secret)));
  }

  private static String prefix(Fields at) throws ConfigException {
    var prefix = at.text("keyPrefix").orElse(SharedLimits.USUAL_PREFIX);
    if (!PREFIX.matcher(prefix).matches()) {
      throw new ConfigException(
          at.path("keyPrefix"), prefix, "1 to 64 letters, digits and : . _ - such as ash:limits:");
    }
    return prefix;
  }

  private static Duration timeout(Fields at) throws ConfigException {
    var text = at.text("timeout");
    if (text.isEmpty()) {
      return SharedLimits.USUAL_TIMEOUT;
    }
    var timeout = Parts.duration(at.path("timeout"), text.get());
    if (timeout.compareTo(SHORTEST) < 0 || timeout.compareTo(LONGEST) > 0) {
      throw new ConfigException(
          at.path("timeout"), text.get(), "from 10ms to 5s: each call waits for it");
    }
    return timeout;
  }

  private static OnFailure onFailure(Fields at) throws ConfigException {
    var text = at.text("onFailure").orElse("local");
    return switch (text) {
      case "local" -> OnFailure.LOCAL;
      case "open" -> OnFailure.OPEN;
      case "closed" -> OnFailure.CLOSED;
      default -> throw new ConfigException(at.path("onFailure"), text, "local, open or closed");
    };
  }
}
