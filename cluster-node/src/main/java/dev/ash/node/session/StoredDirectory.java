package dev.ash.node.session;

import dev.ash.node.session.Sessions.Session;
import dev.ash.persistence.table.DirectoryWriter;
import dev.ash.persistence.table.SessionRow;
import dev.ash.protocol.http.EntityTag;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.json.Json;
import dev.ash.protocol.session.SessionSettings;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The directory in its table; rows of many sessions share a commit. */
final class StoredDirectory implements SessionDirectory {
  private final DirectoryWriter writer;

  StoredDirectory(DirectoryWriter writer) {
    this.writer = writer;
  }

  @Override
  public CompletionStage<Void> write(
      SessionId id, Facts facts, String status, Optional<Map<String, String>> environment) {
    return writer
        .write(
            new SessionRow(
                id,
                facts.tenant(),
                facts.agent().name(),
                status,
                facts.origin().map(origin -> origin.parent()),
                settingsJson(facts.settings()),
                environment.map(Json::write),
                facts.createdAt(),
                facts.lastActiveAt(),
                facts.sequence()))
        .thenAccept(_ -> {});
  }

  static Session session(SessionRow row) {
    var settings = settings(row.settingsJson());
    return session(row, settings, Optional.of(ConfigTag.of(settings)));
  }

  /** As it is in a list, whose rows come without their settings. */
  static Session listed(SessionRow row) {
    return session(row, SessionSettings.NONE, Optional.empty());
  }

  private static Session session(
      SessionRow row, SessionSettings settings, Optional<EntityTag> tag) {
    return session(
        row.id(),
        row.tenant(),
        row.agent(),
        row.status(),
        row.createdAt(),
        row.lastActiveAt(),
        row.parent(),
        settings,
        tag);
  }

  static Session session(SessionId id, SessionReply.View view) {
    return session(
        id,
        view.tenant(),
        view.agent().name(),
        view.status(),
        view.createdAt(),
        view.lastActiveAt(),
        view.origin().map(origin -> origin.parent()),
        view.settings(),
        view.configTag().map(EntityTag::strong));
  }

  private static Session session(
      SessionId id,
      dev.ash.protocol.id.TenantId tenant,
      dev.ash.protocol.id.AgentName agent,
      String status,
      java.time.Instant createdAt,
      java.time.Instant lastActiveAt,
      Optional<SessionId> parent,
      SessionSettings settings,
      Optional<EntityTag> configTag) {
    return new Session(
        id,
        tenant,
        agent,
        id.value(),
        status,
        createdAt,
        lastActiveAt,
        Optional.empty(),
        parent,
        settings,
        configTag);
  }

  /** The environment that the session was made with, as it is stored: mostly sealed. */
  static Map<String, String> environment(SessionRow row) {
    return environment(row.envJson().orElse("{}"));
  }

  static Map<String, String> environment(String envJson) {
    var values = new java.util.HashMap<String, String>();
    Json.parse(envJson)
        .ifPresent(
            json -> json.properties().forEach(e -> values.put(e.getKey(), e.getValue().asText())));
    return values;
  }

  static String settingsJson(SessionSettings settings) {
    var json = Json.object();
    settings.model().ifPresent(v -> json.put("model", v));
    settings.systemPrompt().ifPresent(v -> json.put("systemPrompt", v));
    settings.permissionMode().ifPresent(v -> json.put("permissionMode", v));
    strings(json, "allowedTools", settings.allowedTools());
    strings(json, "disallowedTools", settings.disallowedTools());
    strings(json, "betas", settings.betas());
    settings.subagentsJson().ifPresent(v -> json.put("subagents", v));
    settings.initialAgent().ifPresent(v -> json.put("initialAgent", v));
    settings.mcpServersJson().ifPresent(v -> json.put("mcpServers", v));
    settings.credentialId().ifPresent(v -> json.put("credentialId", v));
    return json.toString();
  }

  private static void strings(
      com.fasterxml.jackson.databind.node.ObjectNode json, String key, List<String> values) {
    if (!values.isEmpty()) {
      var array = json.putArray(key);
      values.forEach(array::add);
    }
  }

  static SessionSettings settings(String text) {
    var json = Json.parse(text).orElseGet(Json::object);
    return new SessionSettings(
        text(json, "model"),
        text(json, "systemPrompt"),
        text(json, "permissionMode"),
        strings(json, "allowedTools"),
        strings(json, "disallowedTools"),
        strings(json, "betas"),
        text(json, "subagents"),
        text(json, "initialAgent"),
        text(json, "mcpServers"),
        text(json, "credentialId"));
  }

  private static Optional<String> text(com.fasterxml.jackson.databind.JsonNode json, String key) {
    return Optional.of(json.path(key)).filter(v -> v.isTextual()).map(v -> v.asText());
  }

  private static List<String> strings(com.fasterxml.jackson.databind.JsonNode json, String key) {
    var values = new java.util.ArrayList<String>();
    json.path(key).forEach(value -> values.add(value.asText()));
    return values;
  }
}
