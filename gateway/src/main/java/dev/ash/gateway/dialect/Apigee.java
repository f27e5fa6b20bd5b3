package dev.ash.gateway.dialect;

import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.Findings.Kind;
import dev.ash.gateway.config.Parts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.w3c.dom.Element;

/** Apigee's proxy bundle: the folder {@code apiproxy}. */
final class Apigee {
  private static final int MAX_FILES = 200;
  private static final Map<String, Duration> UNITS =
      Map.of(
          "minute", Duration.ofMinutes(1),
          "hour", Duration.ofHours(1),
          "day", Duration.ofDays(1));

  private static final Pattern MISSING_HEADER =
      Pattern.compile("request\\.header\\.([A-Za-z0-9-]+) *(?:=|==|Equals|Is) *null");

  private final Draft draft;

  /** Policies that are run only where the client sent no header of this name. */
  private final Map<String, String> onlyWithout = new HashMap<>();

  Apigee(Draft draft) {
    this.draft = draft;
  }

  void read(Path bundle) throws ConfigException, IOException {
    var folder =
        Files.isDirectory(bundle.resolve("apiproxy")) ? bundle.resolve("apiproxy") : bundle;
    for (var file : files(folder.resolve("proxies"))) {
      proxy(Xml.root(file.toString(), Files.readString(file)));
    }
    for (var file : files(folder.resolve("policies"))) {
      policy(Xml.root(file.toString(), Files.readString(file)));
    }
    for (var file : files(folder.resolve("targets"))) {
      target(Xml.root(file.toString(), Files.readString(file)));
    }
    for (var file : files(folder.resolve("resources"))) {
      draft.note(Kind.NOT_UNDERSTOOD, file.toString(), "scripts have no effect here");
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (var found = Files.walk(folder, 3)) {
      return new ArrayList<>(found.filter(Files::isRegularFile).sorted().limit(MAX_FILES).toList());
    }
  }

  private void policy(Element policy) throws ConfigException {
    var where = policy.getTagName() + " " + policy.getAttribute("name");
    switch (policy.getTagName()) {
      case "VerifyAPIKey", "OAuthV2" -> draft.keyed();
      case "AssignMessage" -> assign(policy, where);
      case "Quota" -> quota(policy, where);
      case "SpikeArrest" ->
          draft.note(Kind.NOT_OFFERED, where, "smoothing; use a Quota for a limit");
      case "KeyValueMapOperations" ->
          draft.note(
              Kind.NOTE, where, "values private.NAME come from the environment variable NAME");
      default -> draft.note(Kind.NOT_UNDERSTOOD, where, "has no effect here");
    }
  }

  private void assign(Element policy, String where) throws ConfigException {
    for (var action : Xml.children(policy)) {
      switch (action.getTagName()) {
        case "Set" -> {
          for (var header : headers(action, where)) {
            set(where, policy.getAttribute("name"), header);
          }
        }
        case "Add" -> {
          for (var header : headers(action, where)) {
            draft.note(
                Kind.WRONG_AT_VENDOR,
                where + "/Add",
                "appends to what the client sent; for a default use Set in a step with the condition"
                    + " request.header.NAME = null");
            draft.addIfAbsent(where, header.getAttribute("name"), variable(Xml.text(header)), true);
          }
        }
        case "Remove" -> {
          for (var header : headers(action, where)) {
            var name = header.getAttribute("name");
            if (!name.equalsIgnoreCase("authorization") && !name.equalsIgnoreCase("x-api-key")) {
              draft.remove(where, name);
            }
          }
        }
        case "AssignTo", "DisplayName", "IgnoreUnresolvedVariables", "Properties" -> {}
        default ->
            draft.note(
                Kind.NOT_UNDERSTOOD, where + "/" + action.getTagName(), "has no effect here");
      }
    }
  }

  private void set(String where, String policy, Element header) throws ConfigException {
    var name = header.getAttribute("name");
    var value = variable(Xml.text(header));
    if (name.toLowerCase(Locale.ROOT).equals(onlyWithout.get(policy))) {
      draft.addIfAbsent(where, name, value, false);
    } else {
      draft.set(where, name, value);
    }
  }

  private List<Element> headers(Element action, String where) {
    var list = new ArrayList<Element>();
    for (var part : Xml.children(action)) {
      if (part.getTagName().equals("Headers")) {
        list.addAll(Xml.children(part));
      } else {
        draft.note(
            Kind.NOT_UNDERSTOOD,
            where + "/" + action.getTagName() + "/" + part.getTagName(),
            "has no effect here");
      }
    }
    return list;
  }

  private void quota(Element policy, String where) throws ConfigException {
    var allow = Xml.child(policy, "Allow").map(e -> e.getAttribute("count")).orElse("");
    var interval = Xml.child(policy, "Interval").map(Xml::text).orElse("1");
    var unit = UNITS.get(Xml.child(policy, "TimeUnit").map(Xml::text).orElse("minute"));
    if (!allow.matches("[1-9][0-9]{0,4}") || !interval.matches("[1-9][0-9]{0,2}") || unit == null) {
      throw new ConfigException(
          where, allow + " per " + interval, "Allow count up to 99999, Interval, TimeUnit");
    }
    draft.quota(
        Math.min(Integer.parseInt(allow), Parts.MAX_REQUESTS),
        unit.multipliedBy(Integer.parseInt(interval)));
  }

  private void proxy(Element proxy) {
    Xml.child(proxy, "HTTPProxyConnection")
        .flatMap(c -> Xml.child(c, "BasePath"))
        .map(Xml::text)
        .ifPresent(draft::base);
    var steps = proxy.getElementsByTagName("Step");
    for (var i = 0; i < steps.getLength(); i++) {
      if (steps.item(i) instanceof Element step) {
        step(step);
      }
    }
  }

  private void step(Element step) {
    var name = Xml.child(step, "Name").map(Xml::text).orElse("");
    var condition = Xml.child(step, "Condition").map(Xml::text).orElse("");
    var missing = MISSING_HEADER.matcher(condition);
    if (missing.matches()) {
      onlyWithout.put(name, missing.group(1).toLowerCase(Locale.ROOT));
    } else if (!condition.isEmpty()) {
      draft.note(
          Kind.NOT_UNDERSTOOD, "Step " + name + "/Condition", "here the step is always taken");
    }
  }

  private void target(Element target) throws ConfigException {
    var connection = Xml.child(target, "HTTPTargetConnection");
    if (connection.isEmpty()) {
      draft.note(Kind.NOT_UNDERSTOOD, target.getTagName(), "has no HTTPTargetConnection");
      return;
    }
    var streaming = false;
    var read = Optional.<Duration>empty();
    for (var part : Xml.children(connection.get())) {
      switch (part.getTagName()) {
        case "URL" -> draft.upstream("URL", variable(Xml.text(part)));
        case "Properties" -> {
          for (var property : Xml.children(part)) {
            switch (property.getAttribute("name")) {
              case "response.streaming.enabled" -> streaming = Xml.text(property).equals("true");
              case "io.timeout.millis" -> read = Optional.of(millis(property));
              case "connect.timeout.millis" ->
                  draft.timeouts(Optional.of(millis(property)), Optional.empty());
              case "request.streaming.enabled" -> {}
              default ->
                  draft.note(
                      Kind.NOT_UNDERSTOOD,
                      "Property " + property.getAttribute("name"),
                      "has no effect here");
            }
          }
        }
        case "SSLInfo" -> draft.note(Kind.NOTE, "SSLInfo", "the platform's authorities are used");
        default -> draft.note(Kind.NOT_UNDERSTOOD, part.getTagName(), "has no effect here");
      }
    }
    if (!streaming) {
      draft.note(
          Kind.WRONG_AT_VENDOR,
          "response.streaming.enabled",
          "false by default: Apigee would hold streams back; set it to true");
    }
    draft.timeouts(Optional.empty(), Optional.of(read.orElse(Duration.ofSeconds(55))));
  }

  private static Duration millis(Element property) throws ConfigException {
    return Parts.duration(property.getAttribute("name"), Xml.text(property) + "ms");
  }

  private static String variable(String text) {
    return text.replaceAll("\\{private\\.([A-Za-z_][A-Za-z0-9_]*)}", "\\${$1}");
  }
}
