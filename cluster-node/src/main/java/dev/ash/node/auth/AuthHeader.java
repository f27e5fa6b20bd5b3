package dev.ash.node.auth;

import java.util.List;
import java.util.Locale;

/**
 * What a request's {@code Authorization} header says. The texts of the refusals are part of the
 * wire contract.
 */
public sealed interface AuthHeader {

  /** What a client reads when its key is not one of ours. */
  String INVALID_KEY = "Invalid API key";

  /** The value of {@code WWW-Authenticate} that goes with every 401. */
  String CHALLENGE = "Bearer";

  /** A bearer token; whether it is a key is for {@link Keys#authenticate} to say. */
  record Present(String key) implements AuthHeader {
    @Override
    public String toString() {
      return "Present[***]";
    }
  }

  /** There is no such header. */
  record Missing() implements AuthHeader {
    public static final String TEXT = "Missing Authorization header";
  }

  /** There is one, but not with one bearer token in it. */
  record Malformed() implements AuthHeader {
    public static final String TEXT = "Invalid Authorization header format";
  }

  /**
   * Reads the values of all {@code Authorization} headers of a request: more than one is not an
   * answer to who is calling. The scheme is matched without regard to case, as HTTP has it.
   */
  static AuthHeader parse(List<String> values) {
    if (values.isEmpty()) {
      return new Missing();
    }
    var parts = values.getFirst().split(" ", -1);
    var valid =
        values.size() == 1
            && parts.length == 2
            && parts[0].toLowerCase(Locale.ROOT).equals("bearer");
    return valid ? new Present(parts[1]) : new Malformed();
  }
}
