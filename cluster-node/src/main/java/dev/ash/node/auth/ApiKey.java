package dev.ash.node.auth;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Pattern;

/**
 * An API key in clear: {@code ash_} and 24 random bytes. The form is what secret scanners and log
 * filters look for; never change it.
 */
record ApiKey(String text) {
  private static final int RANDOM_BYTES = 24;
  private static final Pattern FORM = Pattern.compile("ash_[A-Za-z0-9_-]{32}");

  static ApiKey generate(SecureRandom random) {
    var bytes = new byte[RANDOM_BYTES];
    random.nextBytes(bytes);
    return new ApiKey("ash_" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
  }

  static boolean isForm(String text) {
    return FORM.matcher(text).matches();
  }

  @Override
  public String toString() {
    return "ash_***";
  }
}
