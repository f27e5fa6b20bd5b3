package dev.ash.node.model;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Which calls may leave a sandbox. Everything that is not listed here is refused. */
final class Routes {
  private static final Pattern MODEL = Pattern.compile("/v1/models/[A-Za-z0-9][A-Za-z0-9._:@-]*");

  private Routes() {}

  /** Whether a call passes. */
  sealed interface Route {
    /**
     * The call is forwarded.
     *
     * @param path below the model server's base URL
     */
    record Allowed(String path) implements Route {}

    record WrongMethod(String allowed) implements Route {}

    record Unknown() implements Route {}
  }

  static Route of(String method, String requested) {
    // A base URL that ends in /v1 makes the agent say it twice.
    var path = requested.startsWith("/v1/v1/") ? requested.substring("/v1".length()) : requested;
    return methods(path)
        .<Route>map(
            allowed ->
                allowed.contains(method)
                    ? new Route.Allowed(path)
                    : new Route.WrongMethod(String.join(", ", allowed)))
        .orElseGet(Route.Unknown::new);
  }

  private static Optional<List<String>> methods(String path) {
    return switch (path) {
      case "/v1/messages", "/v1/messages/count_tokens" -> Optional.of(List.of("POST"));
      case "/v1/models" -> Optional.of(List.of("GET", "HEAD"));
      case "/api/hello" -> Optional.of(List.of("HEAD"));
      default ->
          MODEL.matcher(path).matches() ? Optional.of(List.of("GET", "HEAD")) : Optional.empty();
    };
  }
}
