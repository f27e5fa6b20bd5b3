package dev.ash.gateway.server;

import com.fasterxml.jackson.core.JsonToken;
import dev.ash.config.ProviderConfig;
import dev.ash.gateway.config.GatewayConfig.Upstream;
import dev.ash.gateway.config.Parts;
import dev.ash.gateway.server.HeaderPolicy.Header;
import dev.ash.protocol.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Makes calls of the Messages API ones of Google's Vertex AI: the model is in the path, the version
 * in the body, and Google's token in place of a key. Answers need no change.
 */
final class VertexCalls {
  private static final String VERSION = "vertex-2023-10-16";
  private static final String BETA = "anthropic-beta";

  /** What a client may write there, and Vertex would believe. */
  private static final Set<String> OURS = Set.of("anthropic_version", "anthropic_beta");

  /** Everything else of a client ends here: Google asks for none of it. */
  private static final Set<String> PASSES = Set.of("content-type", "accept", "accept-encoding");

  /** It becomes a part of the path, so nothing else may be in it. */
  private static final Pattern ID =
      Pattern.compile("claude-[A-Za-z0-9.-]{1,100}(@[A-Za-z0-9.-]{1,40})?");

  /** Anthropic's own name of a version: the date is behind another sign at Vertex. */
  private static final Pattern DATED = Pattern.compile("(claude-[a-z0-9.-]{1,100})-(20\\d{6})");

  /** Vertex has no such thing, or nothing can be made of the call. */
  static final class NotOfferedException extends Exception {
    private static final long serialVersionUID = 1;
    private final int status;

    NotOfferedException(int status, String message) {
      super(message);
      this.status = status;
    }

    /** What it is answered with, if nobody else takes it. */
    int status() {
      return status;
    }
  }

  /** Google gave no token; the message names no secret. */
  static final class NoTokenException extends IOException {
    private static final long serialVersionUID = 1;

    NoTokenException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** Where a call goes, and with what. */
  record Sent(URI url, ByteBuffer body) {}

  private record Read(String model, boolean stream) {}

  private final ProviderConfig.Vertex config;
  private final URI base;
  private final GoogleToken token;

  VertexCalls(ProviderConfig.Vertex config, URI base) {
    this.config = config;
    this.base = base;
    this.token = new GoogleToken(config.credentialsFile(), base);
  }

  Sent sent(Relay.Call call) throws NotOfferedException {
    var path = call.target().replaceFirst("\\?.*$", "");
    var counts = path.equals("/v1/messages/count_tokens");
    if (!counts && !path.equals("/v1/messages")) {
      throw new NotOfferedException(404, path + " cannot be had from Vertex");
    }
    var read = read(call.body().array());
    var id = named(read.model());
    if (id.isEmpty()) {
      throw new NotOfferedException(
          404,
          "model: " + read.model() + " has no name at Vertex here (upstreams[].vertex.models)");
    }
    var target =
        "%s/v1/projects/%s/locations/%s/publishers/anthropic/models/%s:%s"
            .formatted(
                base,
                config.project(),
                config.region(),
                // What counts has a path of its own, and the model in the body.
                counts ? "count-tokens" : id.get(),
                read.stream() && !counts ? "streamRawPredict" : "rawPredict");
    return new Sent(URI.create(target), body(call.body().array(), counts ? id : Optional.empty()));
  }

  private Optional<String> named(String model) {
    var dated = DATED.matcher(model);
    var given =
        config.names().stream()
            .filter(name -> Parts.matches(name.pattern(), model))
            .map(ProviderConfig.Name::id)
            .findFirst();
    return given
        .or(
            () ->
                dated.matches()
                    ? Optional.of(dated.group(1) + "@" + dated.group(2))
                    : Optional.<String>empty())
        .or(() -> ID.matcher(model).matches() ? Optional.of(model) : Optional.<String>empty());
  }

  private static Read read(byte[] sent) throws NotOfferedException {
    var model = "";
    var stream = false;
    try (var json = Json.mapper().getFactory().createParser(sent)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new NotOfferedException(400, "body: no JSON object");
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        var name = json.currentName();
        var value = json.nextToken();
        if (name.equals("model") && value == JsonToken.VALUE_STRING) {
          model = json.getText();
        } else if (name.equals("stream")) {
          stream = value == JsonToken.VALUE_TRUE;
        }
        json.skipChildren();
      }
      return new Read(model, stream);
    } catch (IOException _) {
      throw new NotOfferedException(400, "body: no JSON that can be read");
    }
  }

  /** Everything else stays as the client wrote it. */
  private static ByteBuffer body(byte[] sent, Optional<String> model) throws NotOfferedException {
    var out = new ByteArrayOutputStream(sent.length + 256);
    var factory = Json.mapper().getFactory();
    try (var json = factory.createParser(sent);
        var copy = factory.createGenerator(out)) {
      json.nextToken();
      copy.writeStartObject();
      copy.writeStringField("anthropic_version", VERSION);
      if (model.isPresent()) {
        copy.writeStringField("model", model.get());
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        var name = json.currentName();
        json.nextToken();
        if (name.equals("model") || OURS.contains(name)) {
          json.skipChildren();
        } else {
          copy.writeFieldName(name);
          copy.copyCurrentStructureExact(json);
        }
      }
      copy.writeEndObject();
    } catch (IOException _) {
      throw new NotOfferedException(400, "body: no JSON that can be read");
    }
    return ByteBuffer.wrap(out.toByteArray());
  }

  /** Of the headers that would go to another upstream, those that go to this one. */
  List<Header> headers(List<Header> all, Upstream upstream, Map<String, String> shown) {
    var own =
        upstream.headers().keySet().stream()
            .map(name -> name.toLowerCase(Locale.ROOT))
            .collect(Collectors.toSet());
    var headers = new ArrayList<Header>();
    var betas = new ArrayList<String>();
    for (var header : all) {
      var name = header.name().toLowerCase(Locale.ROOT);
      if (name.equals(BETA)) {
        Stream.of(header.value().split(",", -1))
            .map(String::strip)
            .filter(this::isTold)
            .forEach(betas::add);
      } else if (PASSES.contains(name) || own.contains(name)) {
        headers.add(header);
      }
    }
    if (!betas.isEmpty()) {
      headers.add(new Header(BETA, String.join(",", betas)));
    }
    shown.forEach((name, value) -> headers.add(new Header(name, value)));
    return headers;
  }

  private boolean isTold(String beta) {
    return !beta.isEmpty()
        && (config.betas().isEmpty()
            || config.betas().stream().anyMatch(pattern -> Parts.matches(pattern, beta)));
  }

  /** Blocks while a token is got. */
  Map<String, String> token() throws NoTokenException {
    return token.headers();
  }

  /** Whether another token may come after this one was refused. */
  boolean renews(Map<String, String> shown) {
    return token.refused(shown);
  }
}
