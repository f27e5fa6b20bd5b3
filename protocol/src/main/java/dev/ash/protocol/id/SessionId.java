package dev.ash.protocol.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** A session's id: a UUID in lower case. Also the id of its journal and of its sandbox. */
public record SessionId(@JsonValue String value) {
  private static final Pattern UUID_TEXT =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public SessionId {
    if (!UUID_TEXT.matcher(value).matches()) {
      throw new IllegalArgumentException("session id: " + value + " (expected: a lower-case UUID)");
    }
  }

  public static SessionId of(UUID uuid) {
    return new SessionId(uuid.toString());
  }

  /** Empty when the text is not a UUID; upper case is folded. */
  public static Optional<SessionId> parse(String text) {
    var folded = text.toLowerCase(java.util.Locale.ROOT);
    return UUID_TEXT.matcher(folded).matches()
        ? Optional.of(new SessionId(folded))
        : Optional.empty();
  }

  @Override
  public String toString() {
    return value;
  }
}
