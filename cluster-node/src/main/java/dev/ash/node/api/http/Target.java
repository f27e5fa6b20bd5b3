package dev.ash.node.api.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/**
 * What a request is aimed at.
 *
 * @param path as it is written, still encoded
 * @param segments of the path, decoded one by one, so that an encoded slash parts nothing; empty
 *     when one of them is a dot segment or is not UTF-8: such a path leads nowhere
 * @param url path and query as they are shown
 */
record Target(String path, Optional<List<String>> segments, ObjectNode query, String url) {
  private static final int MAX_QUERY_FIELDS = 100;

  static Target of(HttpRequest request) {
    var uri = request.getUri();
    var path = uri.getPathString();
    var query = uri.rawQueryString();
    return new Target(
        path, segments(path), fields(query.orElse("")), path + query.map(q -> "?" + q).orElse(""));
  }

  private static Optional<List<String>> segments(String path) {
    var decoded = List.of(path.split("/", -1)).stream().skip(1).map(Target::decode).toList();
    return decoded.stream()
            .allMatch(s -> s.filter(t -> !t.equals(".") && !t.equals("..")).isPresent())
        ? Optional.of(decoded.stream().map(Optional::orElseThrow).toList())
        : Optional.empty();
  }

  /** Empty when the escapes are broken or hide what is not UTF-8. */
  private static Optional<String> decode(String segment) {
    var bytes = ByteBuffer.allocate(segment.length() * 4);
    for (var i = 0; i < segment.length(); i++) {
      if (segment.charAt(i) != '%') {
        bytes.put(String.valueOf(segment.charAt(i)).getBytes(StandardCharsets.UTF_8));
        continue;
      }
      if (i + 2 >= segment.length()
          || Character.digit(segment.charAt(i + 1), 16) < 0
          || Character.digit(segment.charAt(i + 2), 16) < 0) {
        return Optional.empty();
      }
      bytes.put((byte) Integer.parseInt(segment, i + 1, i + 3, 16));
      i += 2;
    }
    try {
      return Optional.of(StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString());
    } catch (CharacterCodingException _) {
      return Optional.empty();
    }
  }

  /** A name that comes twice has a list of values. */
  private static ObjectNode fields(String query) {
    var fields = JsonNodeFactory.instance.objectNode();
    for (var pair : query.split("&", MAX_QUERY_FIELDS)) {
      if (pair.isEmpty()) {
        continue;
      }
      var equals = pair.indexOf('=');
      var name = text(equals < 0 ? pair : pair.substring(0, equals));
      var value = text(equals < 0 ? "" : pair.substring(equals + 1));
      switch (fields.get(name)) {
        case null -> fields.put(name, value);
        case ArrayNode list -> list.add(value);
        case com.fasterxml.jackson.databind.JsonNode first ->
            fields.putArray(name).add(first).add(value);
      }
    }
    return fields;
  }

  private static String text(String encoded) {
    try {
      return URLDecoder.decode(encoded, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      return encoded;
    }
  }
}
