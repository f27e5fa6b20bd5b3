package dev.ash.node.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.node.api.json.Base64Text;
import dev.ash.node.api.json.Base64Text.Decoded;
import dev.ash.node.api.json.FileSieve;
import dev.ash.node.auth.Caller;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.util.Locale;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.stream.Materializer;

/**
 * A request that has passed every check of its {@link Endpoint}.
 *
 * @param caller empty on routes that need no key
 * @param params what the path bound
 * @param query coerced, with defaults
 * @param body coerced, with defaults; an empty object where there is none
 * @param files what a body with files held
 */
public record Exchange(
    HttpRequest request,
    Optional<Caller> caller,
    JsonNode params,
    JsonNode query,
    JsonNode body,
    Optional<FileSieve.Sifted> files,
    Materializer materializer) {

  public TenantId tenant() {
    return caller
        .orElseThrow(() -> new IllegalStateException("a route without a key has no tenant"))
        .tenant();
  }

  /** The path's {@code :id}, which the schema has found to be a UUID. */
  public SessionId session() {
    return new SessionId(uuid(param("id")));
  }

  /** What a schema has found to be a UUID, in the form in which we write one. */
  public static String uuid(String text) {
    return text.substring(text.lastIndexOf(':') + 1).toLowerCase(Locale.ROOT);
  }

  public String param(String name) {
    return params.path(name).asText();
  }

  public Optional<String> query(String name) {
    return text(query, name);
  }

  public Optional<String> field(String name) {
    return text(body, name);
  }

  /**
   * A content that came in base64. Only where {@link BodyRule#with} declared it was it decoded on
   * the way in; a value that was no text has been made text by the schema, and is decoded now.
   */
  public Decoded content(JsonNode member) {
    return files
        .flatMap(sifted -> sifted.content(member.asText()))
        .orElseGet(() -> Base64Text.decoded(member.asText()));
  }

  /** A member as JSON text. */
  public Optional<String> json(String name) {
    return Optional.ofNullable(body.get(name)).map(dev.ash.node.api.json.JsonText::write);
  }

  public Optional<String> header(String name) {
    return request.getHeader(name).map(HttpHeader::value);
  }

  private static Optional<String> text(JsonNode object, String name) {
    return Optional.ofNullable(object.get(name)).map(JsonNode::asText);
  }
}
