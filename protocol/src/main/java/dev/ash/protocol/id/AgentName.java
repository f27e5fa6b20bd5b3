package dev.ash.protocol.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Pattern;

/** The name under which a tenant deployed an agent folder. */
public record AgentName(@JsonValue String value) {
  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_-]{1,255}");

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public AgentName {
    if (!isValid(value)) {
      throw new IllegalArgumentException(
          "agent name: " + value + " (expected: 1 to 255 of A-Z a-z 0-9 _ -)");
    }
  }

  public static boolean isValid(String text) {
    return FORM.matcher(text).matches();
  }

  @Override
  public String toString() {
    return value;
  }
}
