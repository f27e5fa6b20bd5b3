package dev.ash.protocol.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/**
 * Whose data it is. Every port call carries one; it comes from the API key and from nowhere else.
 */
public record TenantId(@JsonValue String value) {

  /** The tenant of the environment's key and of the generated key. */
  public static final TenantId DEFAULT = new TenantId("default");

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public TenantId {
    if (value.isEmpty() || value.length() > 255) {
      throw new IllegalArgumentException("tenant: " + value + " (expected: 1 to 255 characters)");
    }
  }

  @Override
  public String toString() {
    return value;
  }
}
