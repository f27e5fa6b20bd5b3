package dev.ash.node.api.http;

import dev.ash.node.api.json.Schema;
import java.util.Optional;

/**
 * What a route takes as body.
 *
 * @param schema empty when the body is of no interest
 * @param limit bytes
 * @param mayBeEmpty whether an empty body with a JSON content type passes (contract B3)
 * @param files whether file contents are decoded while they come in, see {@link Exchange#files}
 */
public record BodyRule(Optional<Schema> schema, long limit, boolean mayBeEmpty, boolean files) {
  static final long DEFAULT_LIMIT = 1024 * 1024;

  public static final BodyRule NONE = new BodyRule(Optional.empty(), DEFAULT_LIMIT, true, false);

  public static BodyRule of(Schema schema) {
    return new BodyRule(Optional.of(schema), DEFAULT_LIMIT, false, false);
  }

  public BodyRule upTo(long bytes) {
    return new BodyRule(schema, bytes, mayBeEmpty, files);
  }

  /** An absent body is then checked as an empty object. */
  public BodyRule orEmpty() {
    return new BodyRule(schema, limit, true, files);
  }

  public BodyRule withFiles() {
    return new BodyRule(schema, limit, mayBeEmpty, true);
  }
}
