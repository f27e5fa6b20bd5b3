package dev.ash.gateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.Fields;
import dev.ash.gateway.config.FileTrouble;
import dev.ash.gateway.config.GatewayConfig.Listen;
import dev.ash.gateway.keys.KeyMaker;
import dev.ash.gateway.keys.KeyRing;
import dev.ash.gateway.keys.KeyWish;
import dev.ash.gateway.keys.LiveKeys;
import dev.ash.gateway.keys.NewKey;
import dev.ash.gateway.keys.StoredKey;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /api/keys}, for administrators:
 *
 * <ul>
 *   <li>{@code POST /api/keys {"name", "label"?, "expires"?}}: 201 with the key, once
 *   <li>{@code GET /api/keys}: 200, never with a key
 *   <li>{@code POST /api/keys/{id}/rotate {"overlap"?, "expires"?}}: 201 with the new key
 *   <li>{@code DELETE /api/keys/{id}}: 204
 * </ul>
 */
final class KeyRoutes implements OwnRoute {
  private static final Logger LOG = LoggerFactory.getLogger(KeyRoutes.class);
  private static final String PATH = "/api/keys";
  private static final Pattern ONE = Pattern.compile("/api/keys/([A-Za-z0-9-]{1,64})");
  private static final Pattern ROTATE = Pattern.compile("/api/keys/([A-Za-z0-9-]{1,64})/rotate");

  private final Semaphore places = new Semaphore(PLACES);
  private final Door door;
  private final LiveKeys keys;
  private final KeyMaker maker;
  private final Optional<String> address;
  private final Answer answer;
  private final InstantSource clock;

  KeyRoutes(
      Door door, LiveKeys keys, Hashes hashes, Listen listen, Answer answer, InstantSource clock) {
    this.door = door;
    this.keys = keys;
    this.maker = new KeyMaker(hashes::hash);
    this.address = listen.address();
    this.answer = answer;
    this.clock = clock;
  }

  @Override
  public boolean isFor(String path) {
    return path.equals(PATH) || path.startsWith(PATH + "/");
  }

  @Override
  public Semaphore room() {
    return places;
  }

  @Override
  public Door.Entry enter(Request request, Visit visit, Instant now) {
    return door.administrator(Shown.by(request), visit.address(), now);
  }

  @Override
  public void handle(
      Request request, Response response, Visit visit, Door.Entry.Known known, byte[] body)
      throws IOException {
    reply(visit.method, visit.path, body, clock.instant()).write(response, visit, answer);
  }

  private Reply reply(String method, String path, byte[] body, Instant now) {
    try {
      var one = ONE.matcher(path);
      var rotate = ROTATE.matcher(path);
      if (path.equals(PATH)) {
        return switch (method) {
          case "POST" -> create(body, now);
          case "GET" -> list(now);
          default -> Reply.only("GET, POST");
        };
      }
      if (one.matches()) {
        return method.equals("DELETE") ? revoke(one.group(1), now) : Reply.only("DELETE");
      }
      if (rotate.matches()) {
        return method.equals("POST") ? rotate(rotate.group(1), body, now) : Reply.only("POST");
      }
      return Reply.refused(404, "Not found");
    } catch (ConfigException e) {
      return Reply.refused(400, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      LOG.error("key store: {} {}: {}", method, path, FileTrouble.of(e));
      return Reply.refused(500, "the key store cannot be changed now");
    }
  }

  private Reply create(byte[] body, Instant now) throws ConfigException, IOException {
    var fields = fields(body);
    var consumer = KeyWish.consumer("name", fields.need("name", "who the key is for"));
    var label = KeyWish.label("label", fields.text("label").orElse(""));
    var life = life(fields);
    fields.nothingElse();
    var made = maker.unnamed(now, life);
    return made(made, keys.change(ring -> ring.add(made.of(consumer, label), now)), now);
  }

  private Reply rotate(String id, byte[] body, Instant now) throws ConfigException, IOException {
    var fields = fields(body);
    var text = fields.text("overlap");
    var overlap =
        text.isPresent() ? KeyWish.overlap("overlap", text.get()) : KeyMaker.USUAL_OVERLAP;
    var life = life(fields);
    fields.nothingElse();
    var made = maker.unnamed(now, life);
    return made(made, keys.change(ring -> ring.rotate(id, made, overlap, now)), now);
  }

  private Reply made(NewKey.Unnamed made, KeyRing.Change change, Instant now) {
    return switch (change) {
      case KeyRing.Change.Changed(var ring) -> {
        var stored = ring.withId(made.id()).orElseThrow();
        var shown = shown(stored, now).put("key", made.text());
        address.ifPresent(url -> shown.put("base_url", url));
        yield Reply.json(201, shown).about(stored.id());
      }
      case KeyRing.Change.Refused(var reason, var message) -> refused(reason, message);
    };
  }

  private Reply revoke(String id, Instant now) throws IOException {
    return switch (keys.change(ring -> ring.revoke(id, now))) {
      case KeyRing.Change.Changed _ -> Reply.nothing().about(id);
      case KeyRing.Change.Refused(var reason, var message) -> refused(reason, message);
    };
  }

  private Reply list(Instant now) {
    var all = Json.object();
    var list = all.putArray("keys");
    keys.ring().keys().forEach(key -> list.add(shown(key, now)));
    address.ifPresent(url -> all.put("base_url", url));
    return Reply.json(200, all);
  }

  private static Reply refused(KeyRing.Reason reason, String message) {
    return Reply.refused(
        switch (reason) {
          case UNKNOWN -> 404;
          case ENDED, FULL, TAKEN -> 409;
        },
        message);
  }

  private static ObjectNode shown(StoredKey key, Instant now) {
    var shown =
        Json.object()
            .put("id", key.id())
            .put("name", key.consumer())
            .put("label", key.label())
            .put("created_at", key.created().toString())
            .put("expires_at", key.expires().toString())
            .put("state", key.state(now).name().toLowerCase(Locale.ROOT));
    key.successor().ifPresent(id -> shown.put("successor", id));
    return shown;
  }

  private static Duration life(Fields fields) throws ConfigException {
    var text = fields.text("expires");
    return text.isPresent() ? KeyWish.life("expires", text.get()) : KeyMaker.USUAL_LIFE;
  }

  private static Fields fields(byte[] body) throws ConfigException {
    var text = new String(body, UTF_8);
    Optional<JsonNode> tree = text.isBlank() ? Optional.of(Json.object()) : Json.parse(text);
    if (tree.isEmpty() || !tree.get().isObject()) {
      throw new ConfigException("body", "no JSON object", "{\"name\": \"who the key is for\"}");
    }
    return Fields.of(tree.get(), "");
  }
}
