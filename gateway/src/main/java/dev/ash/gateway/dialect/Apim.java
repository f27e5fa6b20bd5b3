package dev.ash.gateway.dialect;

import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.Findings.Kind;
import dev.ash.gateway.config.Parts;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import org.w3c.dom.Element;

/** Azure API Management's policy document. */
final class Apim {
  private final Draft draft;
  private boolean buffered = true;

  Apim(Draft draft) {
    this.draft = draft;
  }

  void read(String text) throws ConfigException {
    var root = Xml.root("policy", text);
    // A subscription key is asked for by the product, outside the policy.
    draft.keyed();
    for (var section : Xml.children(root)) {
      for (var policy : Xml.children(section)) {
        switch (section.getTagName()) {
          case "inbound" -> inbound(policy);
          case "backend" -> backend(policy);
          default -> {
            if (!policy.getTagName().equals("base")) {
              unknown(section.getTagName() + "/" + policy.getTagName());
            }
          }
        }
      }
    }
    if (buffered) {
      draft.note(
          Kind.WRONG_AT_VENDOR,
          "forward-request buffer-response",
          "true by default: API Management would hold streams back; set it to false");
    }
  }

  private void inbound(Element policy) throws ConfigException {
    var where = "inbound/" + policy.getTagName();
    switch (policy.getTagName()) {
      case "base" -> {}
      case "set-backend-service" ->
          draft.upstream(where + "/@base-url", named(policy.getAttribute("base-url")));
      case "set-header" -> header(policy, where);
      case "check-header" -> {
        draft.keyed();
        if (!policy.getAttribute("name").equalsIgnoreCase("authorization")) {
          draft.note(Kind.NOT_OFFERED, where, "only the key is checked");
        }
      }
      case "rate-limit", "rate-limit-by-key" -> {
        draft.quota(
            number(policy, "calls", where),
            Duration.ofSeconds(number(policy, "renewal-period", where)));
        if (policy.hasAttribute("counter-key")) {
          draft.note(Kind.NOTE, where + "/@counter-key", "here it is per consumer");
        }
      }
      case "rewrite-uri" -> draft.note(Kind.NOT_OFFERED, where, "paths are never rewritten");
      case "validate-jwt" ->
          draft.note(Kind.NOT_OFFERED, where, "say oauth in the file of --consumers");
      default -> unknown(where);
    }
  }

  private void header(Element policy, String where) throws ConfigException {
    var name = policy.getAttribute("name");
    var action = policy.getAttribute("exists-action").toLowerCase(Locale.ROOT);
    var value = Xml.child(policy, "value").map(Xml::text).map(Apim::named).orElse("");
    var expression = "context.Request.Headers.GetValueOrDefault(";
    if (value.contains(expression)) {
      fromRequest(where, name, value.substring(value.indexOf(expression) + expression.length()));
      return;
    }
    if (value.startsWith("@(")) {
      draft.note(Kind.NOT_UNDERSTOOD, where + " " + name, "its expression has no effect here");
      return;
    }
    switch (action) {
      case "delete" -> {
        if (!name.equalsIgnoreCase("authorization") && !name.equalsIgnoreCase("x-api-key")) {
          draft.remove(where, name);
        }
      }
      case "skip" -> draft.addIfAbsent(where, name, value, false);
      case "append" -> draft.note(Kind.NOT_OFFERED, where + " " + name, "append");
      default -> draft.set(where, name, value);
    }
  }

  /** {@code GetValueOrDefault("name","constant")}. */
  private void fromRequest(String where, String name, String rest) throws ConfigException {
    var parts = rest.split("\"", -1);
    if (parts.length < 2) {
      draft.note(Kind.NOT_UNDERSTOOD, where + " " + name, "its expression has no effect here");
    } else if (parts.length > 3 && !parts[3].isEmpty()) {
      draft.addIfAbsent(where, name, parts[3], true);
    } else {
      draft.copy(where, name, parts[1]);
    }
  }

  private void backend(Element policy) throws ConfigException {
    switch (policy.getTagName()) {
      case "base" -> {}
      case "forward-request" -> {
        buffered = !policy.getAttribute("buffer-response").equals("false");
        if (policy.hasAttribute("timeout")) {
          draft.timeouts(
              Optional.empty(),
              Optional.of(
                  Duration.ofSeconds(number(policy, "timeout", "backend/forward-request"))));
        }
      }
      default -> unknown("backend/" + policy.getTagName());
    }
  }

  private void unknown(String where) {
    draft.note(Kind.NOT_UNDERSTOOD, where, "has no effect here");
  }

  private static int number(Element policy, String name, String where) throws ConfigException {
    var text = policy.getAttribute(name);
    if (!text.matches("[1-9][0-9]{0,5}") || Integer.parseInt(text) > Parts.MAX_REQUESTS) {
      throw new ConfigException(where + "/@" + name, text, "a number from 1 to 100000");
    }
    return Integer.parseInt(text);
  }

  /** Named values, {@code {{NAME}}}, come from the environment. */
  private static String named(String text) {
    return text.replaceAll("\\{\\{([A-Za-z_][A-Za-z0-9_]*)}}", "\\${$1}");
  }
}
