package dev.ash.protocol.http;

import java.util.regex.Pattern;

/**
 * Names one state of a resource (RFC 9110, 8.8.3).
 *
 * @param opaque what stands between the quotes
 * @param weak whether two states that are nearly the same may share it
 */
public record EntityTag(String opaque, boolean weak) {
  private static final Pattern OPAQUE = Pattern.compile("[\\x21\\x23-\\x7e\\x80-\\xff]*");

  public EntityTag {
    if (!OPAQUE.matcher(opaque).matches()) {
      throw new IllegalArgumentException(
          "not an entity tag: " + opaque + " (expected: printable, no spaces, no quotes)");
    }
  }

  public static EntityTag strong(String opaque) {
    return new EntityTag(opaque, false);
  }

  /** The strong comparison: a weak tag equals nothing, not even itself. */
  public boolean isSameStateAs(EntityTag other) {
    return !weak && !other.weak && opaque.equals(other.opaque);
  }

  /** As a header has it. */
  @Override
  public String toString() {
    return (weak ? "W/\"" : "\"") + opaque + '"';
  }
}
