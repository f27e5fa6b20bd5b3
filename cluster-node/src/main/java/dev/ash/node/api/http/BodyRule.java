package dev.ash.node.api.http;

import dev.ash.node.api.json.FileSieve;
import dev.ash.node.api.json.Schema;
import java.util.Optional;

/**
 * What a route takes as body.
 *
 * @param schema empty when the body is of no interest
 * @param limit bytes
 * @param mayBeEmpty whether an empty body with a JSON content type passes (contract B3)
 * @param briefTooLarge whether a body over the limit is refused in the short form
 * @param contents which of its texts are decoded while they come in, see {@link Exchange#content}
 */
public record BodyRule(
    Optional<Schema> schema,
    long limit,
    boolean mayBeEmpty,
    Optional<FileSieve.Contents> contents,
    boolean briefTooLarge) {
  static final long DEFAULT_LIMIT = 1024 * 1024;

  public static final BodyRule NONE =
      new BodyRule(Optional.empty(), DEFAULT_LIMIT, true, Optional.empty(), false);

  public static BodyRule of(Schema schema) {
    return new BodyRule(Optional.of(schema), DEFAULT_LIMIT, false, Optional.empty(), false);
  }

  public BodyRule upTo(long bytes) {
    return new BodyRule(schema, bytes, mayBeEmpty, contents, briefTooLarge);
  }

  /** An absent body is then checked as an empty object. */
  public BodyRule orEmpty() {
    return new BodyRule(schema, limit, true, contents, briefTooLarge);
  }

  public BodyRule with(FileSieve.Contents decoded) {
    return new BodyRule(schema, limit, mayBeEmpty, Optional.of(decoded), briefTooLarge);
  }

  public BodyRule brieflyTooLarge() {
    return new BodyRule(schema, limit, mayBeEmpty, contents, true);
  }
}
