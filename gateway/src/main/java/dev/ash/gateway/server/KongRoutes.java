package dev.ash.gateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.FileTrouble;
import dev.ash.gateway.config.GatewayConfig.Access;
import dev.ash.gateway.config.GatewayConfig.AdminListen;
import dev.ash.gateway.config.Parts;
import dev.ash.gateway.keys.KeyMaker;
import dev.ash.gateway.keys.KeyRing;
import dev.ash.gateway.keys.KeyWish;
import dev.ash.gateway.keys.LiveKeys;
import dev.ash.gateway.keys.NewKey;
import dev.ash.gateway.keys.StoredConsumer;
import dev.ash.gateway.keys.StoredKey;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.net.URLDecoder;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The part of Kong's admin API that says who may call, on a listener of its own:
 *
 * <ul>
 *   <li>{@code GET}, {@code POST /consumers}; {@code GET}, {@code DELETE /consumers/{name or id}}
 *   <li>{@code GET}, {@code POST /consumers/{name or id}/key-auth}; {@code GET}, {@code DELETE
 *       /consumers/{name or id}/key-auth/{id}}
 * </ul>
 *
 * Keys are those of the key store: hashed, so {@code key} is shown once, and with an end.
 */
final class KongRoutes implements OwnRoute {
  private static final Logger LOG = LoggerFactory.getLogger(KongRoutes.class);
  private static final Pattern PATH =
      Pattern.compile("/consumers(?:/([^/]+)(?:/(key-auth)(?:/([^/]+))?)?)?/?");
  private static final Set<HttpHeader> BY_A_PROXY =
      Set.of(HttpHeader.X_FORWARDED_FOR, HttpHeader.FORWARDED, HttpHeader.VIA);
  private static final Set<String> FETCHED_BY_ITSELF = Set.of("none", "same-origin");

  private final Semaphore places = new Semaphore(PLACES);
  private final Door door;
  private final LiveKeys keys;
  private final KeyMaker maker;
  private final Set<String> taken = new HashSet<>();
  private final AdminListen listen;
  private final Answer answer;
  private final InstantSource clock;

  KongRoutes(
      Door door,
      LiveKeys keys,
      Hashes hashes,
      Access access,
      AdminListen listen,
      Answer answer,
      InstantSource clock) {
    this.door = door;
    this.keys = keys;
    this.maker = new KeyMaker(hashes::hash);
    this.listen = listen;
    this.answer = answer;
    this.clock = clock;
    access.consumers().forEach(one -> one.keys().forEach(key -> taken.add(key.hash())));
    access
        .keyStore()
        .ifPresent(store -> store.administrators().forEach(one -> taken.add(one.key().hash())));
  }

  @Override
  public boolean isFor(String path) {
    return PATH.matcher(path).matches();
  }

  @Override
  public Semaphore room() {
    return places;
  }

  @Override
  public Door.Entry enter(Request request, Visit visit, Instant now) {
    if (!listen.open()) {
      var shown = Shown.by(request);
      var authorization = new ArrayList<>(shown.authorization());
      request
          .getHeaders()
          .getValuesList("kong-admin-token")
          .forEach(token -> authorization.add("Bearer " + token));
      return door.administrator(
          new Shown(authorization, shown.apiKey(), shown.certificates()), visit.address(), now);
    }
    // A page of anybody's, in a browser of this machine, could send a form here.
    var fetched = Optional.ofNullable(request.getHeaders().get("sec-fetch-site")).orElse("none");
    // A proxy on this machine would bring others in.
    if (BY_A_PROXY.stream().anyMatch(name -> request.getHeaders().contains(name))) {
      return new Door.Entry.Unknown(
          "Open for programs of this machine only, not through a proxy (Forwarded, Via)");
    }
    if (request.getHeaders().contains(HttpHeader.ORIGIN)
        || !FETCHED_BY_ITSELF.contains(fetched)
        || !Parts.isThisMachine(Request.getServerName(request))) {
      return new Door.Entry.Unknown("Open for programs of this machine only, not for web pages");
    }
    return door.keylessAdministrator("at the open listener");
  }

  @Override
  public void handle(
      Request request, Response response, Visit visit, Door.Entry.Known known, byte[] body)
      throws IOException {
    reply(request, visit, body).write(response, visit, answer);
  }

  private Reply reply(Request request, Visit visit, byte[] body) {
    var path = PATH.matcher(visit.path);
    if (!path.matches()) {
      return message(404, "Not found");
    }
    try {
      var name = Optional.ofNullable(path.group(1)).map(KongRoutes::decoded);
      var id = Optional.ofNullable(path.group(3));
      if (id.isPresent() && name.isPresent()) {
        return ofKey(visit.method, name.get(), id.get());
      }
      if (name.isEmpty()) {
        return ofConsumers(request, visit.method, body);
      }
      return path.group(2) == null
          ? ofConsumer(visit.method, name.get())
          : ofKeys(request, visit.method, name.get(), body);
    } catch (KongBody.Wrong e) {
      return e.reply();
    } catch (IllegalArgumentException _) {
      return message(400, "Path: no UTF-8 (expected: two hex digits after each percent sign)");
    } catch (IOException e) {
      LOG.error("key store: {} {}: {}", visit.method, visit.path, FileTrouble.of(e));
      return message(500, "The key store cannot be changed now; the gateway's log says why");
    }
  }

  private static String decoded(String part) {
    return URLDecoder.decode(part.replace("+", "%2B"), UTF_8);
  }

  private Reply ofConsumers(Request request, String method, byte[] body)
      throws KongBody.Wrong, IOException {
    var now = clock.instant();
    return switch (method) {
      case "GET" -> list(keys.ring().consumersAt(now).stream().map(KongRoutes::shown).toList());
      case "POST" -> {
        var fields = KongBody.of(request, body, Set.of("username"));
        var username = fields.need("username");
        var made = new StoredConsumer(checked("username", username, KeyWish::consumer), now);
        yield switch (keys.change(ring -> ring.name(made, now))) {
          case KeyRing.Change.Changed _ -> Reply.json(201, shown(made));
          case KeyRing.Change.Refused refused -> refused(refused, "username", username);
        };
      }
      default -> notAllowed("GET, POST");
    };
  }

  private Reply ofConsumer(String method, String name) throws IOException {
    var now = clock.instant();
    var consumer = consumer(keys.ring(), name, now);
    return switch (method) {
      case "GET" ->
          consumer.map(one -> Reply.json(200, shown(one))).orElseGet(KongRoutes::notFound);
      case "DELETE" -> {
        // One that is gone may be deleted again, as at Kong.
        if (consumer.isPresent()) {
          var _ = keys.change(ring -> ring.forget(consumer.get().name(), now));
        }
        yield Reply.nothing();
      }
      default -> notAllowed("GET, DELETE");
    };
  }

  private Reply ofKeys(Request request, String method, String name, byte[] body)
      throws KongBody.Wrong, IOException {
    var now = clock.instant();
    var consumer = consumer(keys.ring(), name, now);
    if (consumer.isEmpty()) {
      return notFound();
    }
    var owner = consumer.get();
    return switch (method) {
      case "GET" ->
          list(
              keys.ring().keysOf(owner.name(), now).stream()
                  .map(key -> shown(owner, key, now))
                  .toList());
      case "POST" -> {
        var fields = KongBody.of(request, body, Set.of("key", "ttl"));
        var made = made(fields, now);
        yield taken.contains(made.hash()) ? KongBody.unique("key", "***") : added(owner, made, now);
      }
      default -> notAllowed("GET, POST");
    };
  }

  private NewKey.Unnamed made(KongBody fields, Instant now) throws KongBody.Wrong {
    var life = fields.seconds("ttl", KeyWish.LONGEST).orElse(KeyMaker.USUAL_LIFE);
    var given = fields.text("key");
    return given.isPresent()
        ? maker.given(checked("key", given.get(), KeyWish::key), now, life)
        : maker.unnamed(now, life);
  }

  private Reply added(StoredConsumer owner, NewKey.Unnamed made, Instant now) throws IOException {
    Function<KeyRing, KeyRing.Change> wish =
        ring ->
            consumer(ring, owner.id(), now).isEmpty()
                ? new KeyRing.Change.Refused(KeyRing.Reason.UNKNOWN, "Not found")
                : ring.add(made.of(owner.name(), ""), now);
    return switch (keys.change(wish)) {
      case KeyRing.Change.Changed _ ->
          Reply.json(
                  201,
                  shown(owner, made.of(owner.name(), "").stored(), now).put("key", made.text()))
              .about(made.id());
      case KeyRing.Change.Refused refused -> refused(refused, "key", "***");
    };
  }

  private Reply ofKey(String method, String name, String id) throws IOException {
    var now = clock.instant();
    var ring = keys.ring();
    var owner = consumer(ring, name, now);
    var key =
        owner.flatMap(
            one ->
                ring.keysOf(one.name(), now).stream().filter(k -> k.id().equals(id)).findFirst());
    if (owner.isEmpty() || key.isEmpty()) {
      return notFound();
    }
    return switch (method) {
      case "GET" -> Reply.json(200, shown(owner.get(), key.get(), now));
      case "DELETE" ->
          switch (keys.change(before -> before.revoke(id, now))) {
            case KeyRing.Change.Changed _ -> Reply.nothing().about(id);
            case KeyRing.Change.Refused refused -> refused(refused, "id", id);
          };
      default -> notAllowed("GET, DELETE");
    };
  }

  private static Optional<StoredConsumer> consumer(KeyRing ring, String nameOrId, Instant now) {
    return ring.consumersAt(now).stream()
        .filter(one -> one.name().equals(nameOrId) || one.id().equals(nameOrId))
        .findFirst();
  }

  private interface Check {
    String of(String where, String text) throws ConfigException;
  }

  private static String checked(String name, String text, Check check) throws KongBody.Wrong {
    try {
      return check.of(name, text);
    } catch (ConfigException e) {
      throw KongBody.Wrong.field(
          name, String.valueOf(e.getMessage()).substring((name + ": ").length()));
    }
  }

  private static Reply refused(KeyRing.Change.Refused refused, String field, String value) {
    return switch (refused.reason()) {
      case UNKNOWN -> notFound();
      case TAKEN -> KongBody.unique(field, value);
      case ENDED, FULL -> message(409, refused.message());
    };
  }

  private static ObjectNode shown(StoredConsumer consumer) {
    return Json.object()
        .put("id", consumer.id())
        .put("username", consumer.name())
        .put("created_at", consumer.created().getEpochSecond())
        .put("updated_at", consumer.created().getEpochSecond())
        .putNull("custom_id")
        .putNull("tags");
  }

  private static ObjectNode shown(StoredConsumer owner, StoredKey key, Instant now) {
    var shown =
        Json.object()
            .put("id", key.id())
            .put("created_at", key.created().getEpochSecond())
            .put("ttl", Math.max(0, Duration.between(now, key.expires()).toSeconds()))
            .putNull("key")
            .putNull("tags");
    shown.putObject("consumer").put("id", owner.id());
    return shown;
  }

  private static Reply list(List<ObjectNode> all) {
    var list = Json.object();
    list.putArray("data").addAll(all);
    return Reply.json(200, list.putNull("next"));
  }

  private static Reply notFound() {
    return message(404, "Not found");
  }

  private static Reply notAllowed(String methods) {
    return message(405, "Method not allowed").allowing(methods);
  }

  private static Reply message(int status, String text) {
    return Reply.json(status, Json.object().put("message", text));
  }
}
