package dev.ash.gateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.ash.protocol.json.Json;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.MultiMap;
import org.eclipse.jetty.util.UrlEncoded;

/** What a request to Kong's admin API says, as a form or as JSON, and Kong's ways to object. */
final class KongBody {
  /** It says something that cannot be. */
  static final class Wrong extends Exception {
    private final transient Reply reply;

    private Wrong(Reply reply) {
      super(reply.body());
      this.reply = reply;
    }

    Reply reply() {
      return reply;
    }

    static Wrong field(String name, String what) {
      var body =
          Json.object()
              .put("code", 2)
              .put("name", "schema violation")
              .put("message", "schema violation (" + name + ": " + what + ")");
      body.putObject("fields").put(name, what);
      return new Wrong(Reply.json(400, body));
    }

    private static Wrong body(int status, String what) {
      return new Wrong(Reply.json(status, Json.object().put("message", what)));
    }
  }

  private final Map<String, JsonNode> fields;

  private KongBody(Map<String, JsonNode> fields) {
    this.fields = fields;
  }

  /** There already, in Kong's words. */
  static Reply unique(String name, String value) {
    var body =
        Json.object()
            .put("code", 5)
            .put("name", "unique constraint violation")
            .put("message", "UNIQUE violation detected on '{" + name + "=\"" + value + "\"}'");
    body.putObject("fields").put(name, value);
    return Reply.json(409, body);
  }

  /**
   * Reads a body.
   *
   * @param offered the fields that do something here; another one is refused, not ignored
   */
  static KongBody of(Request request, byte[] bytes, Set<String> offered) throws Wrong {
    var type =
        Optional.ofNullable(request.getHeaders().get(HttpHeader.CONTENT_TYPE))
            .orElse("")
            .replaceFirst(";.*", "")
            .strip()
            .toLowerCase(Locale.ROOT);
    var text = text(bytes);
    if (text.isBlank()) {
      return new KongBody(Map.of());
    }
    var fields =
        switch (type) {
          case "application/json" -> json(text);
          case "application/x-www-form-urlencoded" -> form(text);
          default ->
              throw Wrong.body(
                  415,
                  "Content-Type: not understood (expected: application/json or"
                      + " application/x-www-form-urlencoded)");
        };
    for (var name : fields.keySet()) {
      if (!offered.contains(name)) {
        throw Wrong.field(
            name.length() <= 60 ? name : name.substring(0, 60) + "…",
            "unknown field (expected: "
                + String.join(", ", offered.stream().sorted().toList())
                + ")");
      }
    }
    return new KongBody(fields);
  }

  private static String text(byte[] bytes) throws Wrong {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException _) {
      throw Wrong.body(400, "Body: no UTF-8");
    }
  }

  private static Map<String, JsonNode> json(String text) throws Wrong {
    var tree = Json.parse(text);
    if (tree.isEmpty() || !tree.get().isObject()) {
      throw Wrong.body(400, "Cannot parse JSON body");
    }
    var fields = new HashMap<String, JsonNode>();
    for (var entry : tree.get().properties()) {
      if (!entry.getValue().isNull()) {
        fields.put(entry.getKey(), entry.getValue());
      }
    }
    return fields;
  }

  private static Map<String, JsonNode> form(String text) throws Wrong {
    var read = new MultiMap<String>();
    try {
      UrlEncoded.decodeTo(text, read::add, UTF_8);
    } catch (IllegalArgumentException | IllegalStateException _) {
      throw Wrong.body(400, "Body: no form (check its % signs)");
    }
    var fields = new HashMap<String, JsonNode>();
    for (var entry : read.entrySet()) {
      if (entry.getValue().size() != 1) {
        throw Wrong.field(entry.getKey(), "there twice (expected: once)");
      }
      // A field of a form that says nothing is one that is not there, as at Kong.
      if (!entry.getValue().getFirst().isEmpty()) {
        fields.put(entry.getKey(), TextNode.valueOf(entry.getValue().getFirst()));
      }
    }
    return fields;
  }

  Optional<String> text(String name) throws Wrong {
    var value = fields.get(name);
    if (value == null) {
      return Optional.empty();
    }
    if (!value.isTextual()) {
      throw Wrong.field(name, "expected a string");
    }
    return Optional.of(value.textValue());
  }

  String need(String name) throws Wrong {
    return text(name).orElseThrow(() -> Wrong.field(name, "required field missing"));
  }

  Optional<Duration> seconds(String name, Duration most) throws Wrong {
    var value = fields.get(name);
    if (value == null) {
      return Optional.empty();
    }
    var text = value.asText();
    if (!text.matches("[0-9]{1,9}")
        || text.matches("0+")
        || Long.parseLong(text) > most.toSeconds()) {
      throw Wrong.field(name, "expected seconds from 1 to " + most.toSeconds());
    }
    return Optional.of(Duration.ofSeconds(Long.parseLong(text)));
  }
}
