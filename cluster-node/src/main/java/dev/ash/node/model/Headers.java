package dev.ash.node.model;

import dev.ash.config.UpstreamConfig;
import dev.ash.node.credentials.SessionCredentials.Choice;
import java.net.http.HttpRequest;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What of a call's headers crosses the line, in either direction, and what the node adds. */
final class Headers {
  /** They describe one connection, not the message; each side has its own. */
  private static final Set<String> HOP =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "expect",
          "host",
          "content-length",
          "http2-settings",
          // The node reads what an answer has cost.
          "accept-encoding");

  /** What would let a sandbox speak as somebody, or from somewhere, else. */
  private static final Set<String> CLAIMS =
      Set.of("authorization", "x-api-key", "cookie", "cookie2", "forwarded", "x-real-ip");

  private static final Set<String> CREDENTIALS = Set.of("authorization", "x-api-key");

  /** Headers Pekko adds for the handler; no peer sent them. */
  private static final Set<String> SYNTHETIC =
      Set.of(
          "timeout-access",
          "raw-request-uri",
          "remote-address",
          "tls-session-info",
          // Carried by the entity.
          "content-type");

  /** What the upstream client sets by itself and lets nobody else set. */
  private static final Set<String> RESERVED =
      Set.of("connection", "content-length", "expect", "host", "upgrade");

  private final Set<String> addedNames;

  /** One header line. */
  record Line(String name, String value) {
    String key() {
      return name.toLowerCase(Locale.ROOT);
    }
  }

  /** What the node adds to a call: its custom headers, and what its credential makes. */
  record Added(Map<String, String> custom, Map<String, String> credential) {
    static final Added NOTHING = new Added(Map.of(), Map.of());

    Added {
      custom = Collections.unmodifiableMap(new LinkedHashMap<>(custom));
      credential = Map.copyOf(credential);
    }

    @Override
    public String toString() {
      return "***";
    }
  }

  Headers(UpstreamConfig config) {
    var names = new TreeSet<String>();
    for (var header : config.customHeaders().keySet()) {
      var name = header.toLowerCase(Locale.ROOT);
      if (RESERVED.contains(name)) {
        throw new IllegalArgumentException(
            "ANTHROPIC_CUSTOM_HEADERS: " + header + " (expected: no " + RESERVED + ")");
      }
      names.add(name);
    }
    addedNames = Set.copyOf(names);
  }

  /** Whether the operator's headers say by themselves who calls, in the place of a cloud's way. */
  boolean haveAuthorization() {
    return addedNames.contains("authorization");
  }

  boolean haveCredential() {
    return addedNames.contains("x-api-key") || addedNames.contains("authorization");
  }

  /**
   * Copies what may pass and adds the node's own; a header of the same name is replaced. Where the
   * session has a key of its own, none of the node's goes with it.
   */
  void toUpstream(
      Iterable<Line> sent,
      String contentType,
      Choice choice,
      Added added,
      HttpRequest.Builder request) {
    var named = namedByConnection(sent);
    for (var line : sent) {
      var key = line.key();
      if (!HOP.contains(key)
          && !CLAIMS.contains(key)
          && !SYNTHETIC.contains(key)
          && !key.startsWith("proxy-")
          && !key.startsWith("x-forwarded-")
          && !named.contains(key)
          && !addedNames.contains(key)) {
        request.header(line.name(), line.value());
      }
    }
    if (!contentType.isEmpty()) {
      request.header("content-type", contentType);
    }
    switch (choice) {
      case Choice.OfSession(var header, var value) -> {
        added
            .custom()
            .forEach(
                (name, own) -> {
                  if (!isCredential(name)) {
                    request.header(name, own);
                  }
                });
        request.header(header, value.reveal());
      }
      case Choice.OfNode _, Choice.Unusable _ -> {
        added.custom().forEach(request::header);
        // A credential among the custom headers is the operator's last word.
        added
            .credential()
            .forEach(
                (name, value) -> {
                  if (!addedNames.contains(name)) {
                    request.header(name, value);
                  }
                });
      }
    }
  }

  static boolean isCredential(String name) {
    return CREDENTIALS.contains(name.toLowerCase(Locale.ROOT));
  }

  /** What of an answer's headers the sandbox sees; the type and length go with the entity. */
  Stream<Line> toSandbox(Stream<Line> received) {
    var lines = received.toList();
    var named = namedByConnection(lines);
    return lines.stream()
        .filter(
            line -> {
              var key = line.key();
              // Pekko writes date and server itself; a cookie is a credential that was dropped.
              return !HOP.contains(key)
                  && !named.contains(key)
                  && !key.startsWith(":")
                  && !key.startsWith("proxy-")
                  && !Set.of("content-type", "set-cookie", "set-cookie2", "date", "server")
                      .contains(key);
            });
  }

  private static Set<String> namedByConnection(Iterable<Line> lines) {
    return java.util.stream.StreamSupport.stream(lines.spliterator(), false)
        .filter(line -> line.key().equals("connection"))
        .flatMap(line -> Stream.of(line.value().split(",", -1)))
        .map(name -> name.strip().toLowerCase(Locale.ROOT))
        .collect(Collectors.toUnmodifiableSet());
  }
}
