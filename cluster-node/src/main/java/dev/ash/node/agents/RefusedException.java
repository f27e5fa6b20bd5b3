package dev.ash.node.agents;

import dev.ash.protocol.session.Rejection;
import dev.ash.protocol.session.Rejection.Code;

/**
 * Carries a refusal out of nested work, e.g. the walk through a folder; it becomes a value at the
 * port.
 */
final class RefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final Code code;
  private final String detail;

  RefusedException(Code code, String detail) {
    super(detail, null, false, false);
    this.code = code;
    this.detail = detail;
  }

  static RefusedException invalid(String detail) {
    return new RefusedException(Code.INVALID, detail);
  }

  static RefusedException notFound(String detail) {
    return new RefusedException(Code.NOT_FOUND, detail);
  }

  Rejection why() {
    return new Rejection(code, detail);
  }
}
