package dev.ash.node.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.api.RawHttp;
import dev.ash.node.e2e.StrictClient;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A node that rows are walked against, and what earlier rows left for later ones. */
public final class Scene {
  private static final Pattern KEPT = Pattern.compile("\\{([a-zA-Z][a-zA-Z0-9]*)\\}");
  private static final Pattern HOLE = Pattern.compile("<(uuid|time|int|text|any)>");
  private static final Map<String, String> SHAPES =
      Map.of(
          "uuid", "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
          "time", "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z",
          "int", "-?\\d+",
          "text", "(?:[^\"\\\\]|\\\\.)*",
          "any", "(?s:.*)");

  private final int port;
  private final Map<String, String> kept = new HashMap<>();

  public Scene(String url) {
    this.port = URI.create(url).getPort();
    kept.put("url", url);
    kept.put("port", Integer.toString(port));
    kept.put("unknown", "00000000-0000-4000-8000-000000000000");
  }

  /** For rows that name it in braces; keys are named by their caller. */
  public void keep(String name, String value) {
    kept.put(name, value);
  }

  public String kept(String name) {
    return Objects.requireNonNull(kept.get(name), () -> "an earlier row should have kept " + name);
  }

  /** Sends the request of a row and compares what comes back; the last answer. */
  public RawHttp.Reply walk(Row row) throws IOException {
    var reply = send(row);
    for (var n = 1; n < row.times(); n++) {
      reply = send(row);
    }
    assertThat(reply.status()).as(row.id() + ": " + reply.body()).isEqualTo(row.status());
    assertThat(reply.body()).as(row.id()).matches(pattern(row.template()));
    for (var header : row.expectedHeaders().entrySet()) {
      assertThat(reply.header(header.getKey()))
          .as(row.id() + " " + header.getKey())
          .matches(pattern(header.getValue()));
    }
    for (var value : row.kept().entrySet()) {
      var node = StrictClient.json(reply.body()).at(value.getValue());
      assertThat(node.isValueNode()).as(value.getValue() + " of " + reply.body()).isTrue();
      keep(value.getKey(), node.asText());
    }
    return reply;
  }

  private RawHttp.Reply send(Row row) throws IOException {
    var headers = new LinkedHashMap<String, String>();
    if (!row.caller().isEmpty()) {
      headers.put("Authorization", "Bearer " + kept(row.caller()));
    }
    row.headers().forEach((name, value) -> headers.put(name, filled(value)));
    var body = row.body();
    if (headers.getOrDefault("Content-Type", "").equals("application/json")) {
      body = filled(new String(body, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8);
    }
    try (var http = new RawHttp(port)) {
      var length = row.declaredLength() < 0 ? body.length : row.declaredLength();
      http.write(RawHttp.head(row.method(), filled(row.path()), headers, length));
      http.write(body);
      return http.read(row.method().equals("HEAD"));
    }
  }

  /** With kept values in place of their names. */
  private String filled(String text) {
    return KEPT.matcher(text).replaceAll(name -> Matcher.quoteReplacement(kept(name.group(1))));
  }

  private Pattern pattern(String template) {
    var text = filled(template);
    var pattern = new StringBuilder();
    var at = 0;
    for (var hole = HOLE.matcher(text); hole.find(); at = hole.end()) {
      pattern.append(Pattern.quote(text.substring(at, hole.start())));
      pattern.append(SHAPES.get(hole.group(1)));
    }
    return Pattern.compile(pattern + Pattern.quote(text.substring(at)));
  }
}
