package dev.ash.node.api.http;

import dev.ash.node.api.json.Schema;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/**
 * One row of the API: method and path, who may call it, what it takes, and what it does.
 *
 * @param path segments; {@code :name} binds one, a last {@code *} binds all that follow
 * @param shortFaults whether a fault of the request is told without details (contract 2.2)
 */
public record Endpoint(
    String method,
    String path,
    Access access,
    Rate rate,
    BodyRule body,
    boolean shortFaults,
    Schema.Fields params,
    Schema.Fields query,
    Handler handler) {

  /** Who may call. */
  public enum Access {
    /** Who has an API key. */
    KEY,
    /** Everybody. */
    OPEN,
    /** Who has the internal secret. */
    INTERNAL
  }

  /** Which allowance a call is taken from. */
  public enum Rate {
    ALL,
    CREATE_SESSION,
    CREATE_AGENT
  }

  /** Does the work; the request has passed every check. */
  @FunctionalInterface
  public interface Handler {
    CompletionStage<HttpResponse> handle(Exchange exchange);
  }

  public static Endpoint get(String path, Handler handler) {
    return of("GET", path, handler);
  }

  /** Takes no body; one that comes all the same is read and checked for being JSON. */
  public static Endpoint post(String path, Handler handler) {
    return of("POST", path, handler);
  }

  public static Endpoint delete(String path, Handler handler) {
    return of("DELETE", path, handler);
  }

  public static Endpoint patch(String path, Schema body, Handler handler) {
    return of("PATCH", path, handler).taking(BodyRule.of(body));
  }

  public static Endpoint post(String path, Schema body, Handler handler) {
    return of("POST", path, handler).taking(BodyRule.of(body));
  }

  private static Endpoint of(String method, String path, Handler handler) {
    return new Endpoint(
        method,
        path,
        Access.KEY,
        Rate.ALL,
        BodyRule.NONE,
        false,
        Schema.object(),
        Schema.object(),
        handler);
  }

  public Endpoint taking(BodyRule rule) {
    return new Endpoint(method, path, access, rate, rule, shortFaults, params, query, handler);
  }

  public Endpoint openTo(Access who) {
    return new Endpoint(method, path, who, rate, body, shortFaults, params, query, handler);
  }

  public Endpoint limitedAs(Rate allowance) {
    return new Endpoint(method, path, access, allowance, body, shortFaults, params, query, handler);
  }

  public Endpoint withShortFaults() {
    return new Endpoint(method, path, access, rate, body, true, params, query, handler);
  }

  public Endpoint withParams(Schema.Fields schema) {
    return new Endpoint(method, path, access, rate, body, shortFaults, schema, query, handler);
  }

  public Endpoint withQuery(Schema.Fields schema) {
    return new Endpoint(method, path, access, rate, body, shortFaults, params, schema, handler);
  }
}
