package dev.ash.gateway.server;

import com.fasterxml.jackson.core.JsonToken;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.util.Optional;

/**
 * What a gateway needs to know of a request's body; the body itself goes on as it came.
 *
 * @param model the value of the top-level field
 * @param ambiguous the field is there twice, so two readers may see two models
 */
record Glance(boolean json, Optional<String> model, boolean ambiguous) {
  private static final int MAX_MODEL = 200;

  static Glance at(byte[] body) {
    var model = Optional.<String>empty();
    var seen = 0;
    try (var parser = Json.mapper().getFactory().createParser(body)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return new Glance(false, Optional.empty(), false);
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        var name = parser.currentName();
        var value = parser.nextToken();
        if (name.equals("model")) {
          seen++;
          if (value == JsonToken.VALUE_STRING && parser.getTextLength() <= MAX_MODEL) {
            model = Optional.of(parser.getText());
          }
        }
        parser.skipChildren();
      }
      var whole = parser.currentToken() == JsonToken.END_OBJECT && parser.nextToken() == null;
      return new Glance(whole, model, seen > 1);
    } catch (IOException _) {
      return new Glance(false, model, seen > 1);
    }
  }
}
