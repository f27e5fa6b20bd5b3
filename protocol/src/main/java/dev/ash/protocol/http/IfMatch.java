package dev.ash.protocol.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** In which states of a resource a client wants its change made (RFC 9110, 13.1.1 and 13.1.2). */
public sealed interface IfMatch {

  /** There was no such header: it may be there in any state, or not be there. */
  record Any() implements IfMatch {}

  /** {@code If-Match: *}: any state of what is there. */
  record Present() implements IfMatch {}

  /** {@code If-None-Match: *}: it is made by this, or nothing is done. */
  record Absent() implements IfMatch {}

  /** {@code If-Match} with tags: it is in one of these states. */
  record OneOf(List<EntityTag> tags) implements IfMatch {
    public OneOf {
      tags = List.copyOf(tags);
    }
  }

  /** Whether a resource that is in this state may be changed. */
  default boolean allows(EntityTag current) {
    return mismatch(Optional.of(current)).isEmpty();
  }

  /**
   * Why the change is not wanted; empty when it is.
   *
   * @param current empty when there is no such resource
   */
  default Optional<Mismatch> mismatch(Optional<EntityTag> current) {
    return switch (this) {
      case Any() -> Optional.empty();
      case Present() ->
          current.isPresent() ? Optional.empty() : Optional.of(new Mismatch.Missing());
      case Absent() -> current.map(Mismatch.Exists::new);
      case OneOf(var tags) ->
          current.isEmpty()
              ? Optional.of(new Mismatch.Missing())
              : current
                  .filter(tag -> tags.stream().noneMatch(tag::isSameStateAs))
                  .map(Mismatch.Changed::new);
    };
  }

  /**
   * Reads the header {@code If-Match}.
   *
   * @param value the values of all its lines, joined by commas
   * @return empty when it is neither {@code *} nor a list of at least one tag
   */
  static Optional<IfMatch> parse(String value) {
    var rest = value.strip();
    if (rest.equals("*")) {
      return Optional.of(new Present());
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
