package dev.ash.client.http;

/** In which state something has to be for a change of it to be made. */
public sealed interface OnlyIf {

  /** The one that this tag names, as an answer gave it: with its quotes; {@code *} is any. */
  record Unchanged(String etag) implements OnlyIf {}

  /** It is not there yet. */
  record Absent() implements OnlyIf {}
}
