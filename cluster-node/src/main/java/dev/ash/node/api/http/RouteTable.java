package dev.ash.node.api.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/** Finds the endpoint of a request. A HEAD is a GET whose body is not sent. */
final class RouteTable {
  private final List<Row> rows;

  private record Row(Endpoint endpoint, List<String> segments) {}

  /**
   * An endpoint and what the path binds.
   *
   * @param params text by name; {@code *} for the rest of the path
   */
  record Match(Endpoint endpoint, ObjectNode params) {}

  RouteTable(List<Endpoint> endpoints) {
    rows =
        endpoints.stream()
            .map(e -> new Row(e, List.of(e.path().substring(1).split("/", -1))))
            .toList();
  }

  Optional<Match> find(String method, Target target) {
    var wanted = method.equals("HEAD") ? "GET" : method;
    return target
        .segments()
        .flatMap(
            segments ->
                rows.stream()
                    .filter(row -> row.endpoint().method().equals(wanted))
                    .flatMap(row -> match(row, segments).stream())
                    .findFirst());
  }

  private static Optional<Match> match(Row row, List<String> path) {
    var params = JsonNodeFactory.instance.objectNode();
    var wanted = row.segments();
    for (var i = 0; i < wanted.size(); i++) {
      if (i >= path.size()) {
        return Optional.empty();
      }
      var segment = wanted.get(i);
      if (segment.equals("*")) {
        params.put("*", String.join("/", path.subList(i, path.size())));
        return Optional.of(new Match(row.endpoint(), params));
      }
      if (segment.startsWith(":") && !path.get(i).isEmpty()) {
        params.put(segment.substring(1), path.get(i));
      } else if (!segment.equals(path.get(i))) {
        return Optional.empty();
      }
    }
    return path.size() == wanted.size()
        ? Optional.of(new Match(row.endpoint(), params))
        : Optional.empty();
  }
}
