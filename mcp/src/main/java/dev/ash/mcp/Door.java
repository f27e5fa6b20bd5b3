package dev.ash.mcp;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may come in over HTTP. A web page must not: its browser can be made to resolve the page's own
 * name to this machine, so the names in {@code Host} and {@code Origin} have to be ours. With a
 * key, callers have to show it; without one, only this machine is listened to.
 */
final class Door {
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]", "::1");

  private final Set<String> names;
  private final Optional<byte[]> key;

  /** What is wrong with a request: a status, and words for the caller. */
  record Refusal(int status, String text) {}

  Door(String host, List<String> allowed, Optional<String> key) {
    if (!LOOPBACK.contains(host) && key.isEmpty()) {
      throw new IllegalArgumentException(
          "--host: " + host + " (expected: this machine only, or a key in ASH_MCP_KEY)");
    }
    var all = new HashSet<>(LOOPBACK);
    all.add(lower(host));
    allowed.forEach(name -> all.add(lower(name)));
    this.names = Set.copyOf(all);
    this.key = key.map(text -> text.getBytes(StandardCharsets.UTF_8));
  }

  Optional<Refusal> refusal(
      @Nullable String host, @Nullable String origin, @Nullable String authorization) {
    if (host == null || !names.contains(lower(withoutPort(host)))) {
      return Optional.of(new Refusal(403, "Host is not a name of this server"));
    }
    if (origin != null && !names.contains(originName(origin))) {
      return Optional.of(new Refusal(403, "Origin is not allowed"));
    }
    if (key.isPresent() && !shows(key.get(), authorization)) {
      return Optional.of(new Refusal(401, "Key is missing or wrong"));
    }
    return Optional.empty();
  }

  private static boolean shows(byte[] key, @Nullable String authorization) {
    var scheme = "bearer ";
    return authorization != null
        && authorization.regionMatches(true, 0, scheme, 0, scheme.length())
        && MessageDigest.isEqual(
            key, authorization.substring(scheme.length()).strip().getBytes(StandardCharsets.UTF_8));
  }

  private static String withoutPort(String host) {
    return host.replaceFirst(":\\d+$", "");
  }

  private static String originName(String origin) {
    try {
      return lower(String.valueOf(URI.create(origin).getHost()));
    } catch (IllegalArgumentException _) {
      return ""; // nobody's name
    }
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
