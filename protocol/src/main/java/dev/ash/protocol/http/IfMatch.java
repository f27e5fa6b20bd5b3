package dev.ash.protocol.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** In which states of a resource a client wants its change made (RFC 9110, 13.1.1). */
public sealed interface IfMatch {

  /** There was no such header, or {@code *}: any state of what is there. */
  record Any() implements IfMatch {}

  /** One of these. */
  record OneOf(List<EntityTag> tags) implements IfMatch {
    public OneOf {
      tags = List.copyOf(tags);
    }
  }

  /** Whether a resource that is in this state may be changed. */
  default boolean allows(EntityTag current) {
    return switch (this) {
      case Any() -> true;
      case OneOf(var tags) -> tags.stream().anyMatch(current::isSameStateAs);
    };
  }

  /**
   * Reads a header.
   *
   * @param value the values of all its lines, joined by commas
   * @return empty when it is neither {@code *} nor a list of at least one tag
   */
  static Optional<IfMatch> parse(String value) {
    var rest = value.strip();
    if (rest.equals("*")) {
      return Optional.of(new Any());
    }
    var tags = new ArrayList<EntityTag>();
    var needsComma = false;
    var member = Member.PATTERN.matcher(rest);
    while (member.lookingAt()) {
      var isComma = member.group("comma") != null;
      if (!isComma) {
        if (needsComma) {
          return Optional.empty();
        }
        tags.add(new EntityTag(member.group("opaque"), member.group("weak") != null));
      }
      needsComma = !isComma;
      member.region(member.end(), rest.length());
    }
    return member.regionStart() < rest.length() || tags.isEmpty()
        ? Optional.empty()
        : Optional.of(new OneOf(tags));
  }

  /** A comma, or a tag, with the white space behind it. */
  final class Member {
    private static final Pattern PATTERN =
        Pattern.compile(
            "(?:(?<comma>,)|(?<weak>W/)?\"(?<opaque>[\\x21\\x23-\\x7e\\x80-\\xff]*)\")[ \\t]*");

    private Member() {}
  }
}
