package dev.ash.node.auth;

import dev.ash.config.AuthConfig;
import java.util.List;

/** Whether a request may use {@code /api/internal}. */
public enum InternalAccess {
  ALLOWED(""),

  /** 401. */
  WRONG_SECRET("Unauthorized \u2014 invalid or missing internal secret"),

  /**
   * 503. Without a secret nobody gets in, in development either: whoever reaches the port could
   * make keys for any tenant.
   */
  DISABLED("Internal endpoints disabled \u2014 ASH_INTERNAL_SECRET is required in production");

  private final String text;

  InternalAccess(String text) {
    this.text = text;
  }

  /** What the client reads; part of the wire contract. */
  public String text() {
    return text;
  }

  /**
   * Decides by the request's {@code Authorization} headers.
   *
   * @param values of all of them
   */
  public static InternalAccess of(AuthConfig config, List<String> values) {
    return config
        .internalSecret()
        .map(
            secret ->
                AuthHeader.parse(values) instanceof AuthHeader.Present(var sent)
                        && ConstantTime.equal(sent, secret.reveal())
                    ? ALLOWED
                    : WRONG_SECRET)
        .orElse(DISABLED);
  }
}
