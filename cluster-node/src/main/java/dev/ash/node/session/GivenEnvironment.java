package dev.ash.node.session;

import dev.ash.node.credentials.SealedVariables;
import dev.ash.node.credentials.SessionCredentials.Choice;
import dev.ash.node.driver.SandboxEnvironment;
import dev.ash.protocol.session.Rejection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The variables that a session is made with: which may be among them, and what two of them say. */
final class GivenEnvironment {
  private static final int MOST = 256;
  private static final int LONGEST = 128 * 1024;
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,127}");
  private static final String API_KEY = "ANTHROPIC_API_KEY";
  private static final String AUTH_TOKEN = "ANTHROPIC_AUTH_TOKEN";

  /** Taken out of the sandbox's sight, and used. */
  private static final Set<String> KEYS = Set.of(API_KEY, AUTH_TOKEN);

  /** Where a session's calls go, and with which headers, is the operator's to say. */
  private static final Set<String> OF_THE_OPERATOR =
      Set.of("ANTHROPIC_BASE_URL", "ANTHROPIC_CUSTOM_HEADERS");

  private GivenEnvironment() {}

  /** Why the session cannot be made with these. Values are not repeated: they may be secrets. */
  static Optional<Rejection> refusal(Map<String, String> variables) {
    return why(variables).map(why -> new Rejection(Rejection.Code.INVALID, "extraEnv: " + why));
  }

  private static Optional<String> why(Map<String, String> variables) {
    if (variables.size() > MOST) {
      return Optional.of("%d variables (expected: at most %d)".formatted(variables.size(), MOST));
    }
    var size = variables.values().stream().mapToLong(String::length).sum();
    if (size > LONGEST) {
      return Optional.of(
          "values of %d characters together (expected: at most %d)".formatted(size, LONGEST));
    }
    for (var variable : new java.util.TreeMap<>(variables).entrySet()) {
      var name = variable.getKey();
      if (!NAME.matcher(name).matches()) {
        return Optional.of(
            "the name \"%s\" (expected: a letter or _, then letters, digits and _)"
                .formatted(name.length() > 128 ? name.substring(0, 128) + "..." : name));
      }
      if (OF_THE_OPERATOR.contains(name)) {
        return Optional.of(
            name
                + " (expected: another name; the node's operator says where model calls go. A key"
                + " of the session's own: credentialId, ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN)");
      }
      // One that is left out without a word would seem to be taken.
      if (SandboxEnvironment.isReserved(name) && !KEYS.contains(name)) {
        return Optional.of(name + " (expected: another name; the sandbox sets this one itself)");
      }
      if (SealedVariables.looksSealed(variable.getValue())) {
        return Optional.of(name + " begins like a sealed value (expected: another beginning)");
      }
      if (variable.getValue().indexOf('\0') >= 0) {
        return Optional.of(name + " has a NUL character");
      }
    }
    return Optional.empty();
  }

  /** The session's own key for the model, if it was made with one; it stays outside the sandbox. */
  static Optional<Choice> key(Map<String, String> variables) {
    return key(variables, API_KEY, "x-api-key", "")
        .or(() -> key(variables, AUTH_TOKEN, "authorization", "Bearer "));
  }

  private static Optional<Choice> key(
      Map<String, String> variables, String name, String header, String before) {
    return Optional.ofNullable(variables.get(name))
        .map(String::strip)
        .filter(value -> !value.isEmpty())
        .map(
            value ->
                Choice.ofSession(
                    header,
                    before,
                    value,
                    "its " + name + " has characters that no HTTP header may have"));
  }
}
