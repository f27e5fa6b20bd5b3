package dev.ash.node.session;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.node.driver.AgentLine;
import dev.ash.node.session.Sessions.EventRow;
import dev.ash.node.session.Sessions.MessageRow;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.json.Json;
import dev.ash.protocol.session.SessionEvent;
import dev.ash.protocol.session.SessionEvent.AgentSaid;
import dev.ash.protocol.session.SessionEvent.Created;
import dev.ash.protocol.session.SessionEvent.Ended;
import dev.ash.protocol.session.SessionEvent.ModelNoted;
import dev.ash.protocol.session.SessionEvent.Paused;
import dev.ash.protocol.session.SessionEvent.Reconfigured;
import dev.ash.protocol.session.SessionEvent.Resumed;
import dev.ash.protocol.session.SessionEvent.Stopped;
import dev.ash.protocol.session.SessionEvent.TurnAccepted;
import dev.ash.protocol.session.SessionEvent.TurnContinued;
import dev.ash.protocol.session.SessionEvent.TurnEnded;
import dev.ash.protocol.session.SessionEvent.TurnStarted;
import dev.ash.protocol.session.SessionEvent.WorkspaceSaved;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The rows of {@code GET /messages} (contract 1.3) and {@code GET /events} (contract 1.4) that an
 * event stands for. Pure; the marks of an event are counted with the same functions.
 */
final class LogRows {

  /** A message row without its place. */
  record Message(String role, String content) {}

  /** A timeline row without its place. */
  record Entry(String type, JsonNode data) {}

  private LogRows() {}

  /** At most one row an event: user messages as accepted, assistant and result lines verbatim. */
  static Optional<Message> message(SessionEvent event) {
    return switch (event) {
      case TurnAccepted accepted ->
          Optional.of(
              new Message(
                  "user", "{\"type\":\"user\",\"content\":" + accepted.contentJson() + "}"));
      case AgentSaid said ->
          isMessage(said.raw())
              ? Optional.of(new Message("assistant", said.raw()))
              : Optional.empty();
      case Created _,
          TurnStarted _,
          TurnContinued _,
          ModelNoted _,
          TurnEnded _,
          WorkspaceSaved _,
          Paused _,
          Resumed _,
          Stopped _,
          Ended _,
          Reconfigured _ ->
          Optional.empty();
    };
  }

  private static boolean isMessage(String raw) {
    return AgentLine.parse(raw)
        .filter(line -> line.type().equals("assistant") || line.type().equals("result"))
        .isPresent();
  }

  static List<Entry> timeline(SessionEvent event) {
    return switch (event) {
      case Created created -> List.of(created(created));
      case AgentSaid said ->
          AgentLine.parse(said.raw()).map(line -> said(line, said.tool())).orElse(List.of());
      case TurnEnded ended ->
          ended.error().map(error -> List.of(entry("error", "error", error))).orElse(List.of());
      case Paused _ -> List.of(entry("lifecycle", "action", "paused"));
      case Stopped _ -> List.of(entry("lifecycle", "action", "stopped"));
      case Ended _ -> List.of(entry("lifecycle", "action", "ended"));
      case Resumed resumed -> {
        var data = Json.object().put("action", "resumed").put("path", resumed.path());
        resumed.source().ifPresent(source -> data.put("source", source));
        yield List.of(new Entry("lifecycle", data));
      }
      case TurnContinued continued ->
          List.of(
              new Entry(
                  "lifecycle",
                  Json.object()
                      .put("action", "continued")
                      .put("attempt", continued.attempt())
                      .put("reason", continued.reason())));
      case ModelNoted noted -> List.of(new Entry("lifecycle", noted(noted)));
      case TurnAccepted _, TurnStarted _, WorkspaceSaved _, Reconfigured _ -> List.of();
    };
  }

  private static ObjectNode noted(ModelNoted noted) {
    var data = Json.object().put("action", noted.kind());
    if (Json.parse(noted.dataJson()).orElseGet(Json::object) instanceof ObjectNode more) {
      data.setAll(more);
    }
    return data;
  }

  private static Entry created(Created created) {
    var data = Json.object();
    created
        .origin()
        .ifPresentOrElse(
            origin -> data.put("action", "forked").put("parentSessionId", origin.parent().value()),
            () -> {
              data.put("action", "created").put("agentName", created.agent().name().value());
              created.settings().model().ifPresent(model -> data.put("model", model));
            });
    return new Entry("lifecycle", data);
  }

  private static List<Entry> said(AgentLine line, Optional<String> tool) {
    return switch (line.type()) {
      case "assistant" -> line.blocks().stream().flatMap(b -> block(b).stream()).toList();
      case "user" ->
          line.toolOutcome().map(outcome -> List.of(toolResult(outcome, tool))).orElse(List.of());
      case "result" -> {
        var data = Json.object();
        put(line.json(), "num_turns", data, "numTurns");
        put(line.json(), "result", data, "result");
        yield List.of(new Entry("turn_complete", data));
      }
      default -> List.of();
    };
  }

  private static List<Entry> block(JsonNode block) {
    return switch (block.path("type").asText()) {
      case "text" -> List.of(entry("text", "text", block.path("text").asText()));
      case "thinking" -> List.of(entry("reasoning", "thinking", block.path("thinking").asText()));
      case "tool_use" -> {
        var data = Json.object();
        put(block, "name", data, "toolName");
        put(block, "id", data, "toolId");
        put(block, "input", data, "input");
        yield List.of(new Entry("tool_start", data));
      }
      default -> List.of();
    };
  }

  private static Entry toolResult(AgentLine.ToolOutcome outcome, Optional<String> tool) {
    var data = Json.object();
    tool.ifPresent(name -> data.put("toolName", name));
    data.put("toolId", outcome.id());
    put(outcome.structured(), "stdout", data, "stdout");
    put(outcome.structured(), "stderr", data, "stderr");
    return new Entry("tool_result", data);
  }

  private static Entry entry(String type, String key, String value) {
    return new Entry(type, Json.object().put(key, value));
  }

  private static void put(JsonNode from, String key, ObjectNode to, String as) {
    var value = from.path(key);
    if (!value.isMissingNode()) {
      to.set(as, value);
    }
  }

  /**
   * The rows of {@code event} as the wire numbers them; {@code session} is the one that is asked.
   */
  static Optional<MessageRow> messageRow(SessionId session, SessionEvent event) {
    var sequence = event.marks().messages();
    return message(event)
        .map(
            m ->
                new MessageRow(
                    rowId(session, "message", sequence),
                    m.role(),
                    m.content(),
                    sequence,
                    event.at()));
  }

  static List<EventRow> eventRows(SessionId session, SessionEvent event) {
    var entries = timeline(event);
    var rows = new ArrayList<EventRow>();
    var sequence = event.marks().timeline() - entries.size();
    for (var entry : entries) {
      sequence++;
      rows.add(
          new EventRow(
              rowId(session, "event", sequence),
              entry.type(),
              Optional.of(entry.data().toString()),
              sequence,
              event.at()));
    }
    return rows;
  }

  /** A row's id: the same in every read, in the form of a random UUID, and stored nowhere. */
  private static String rowId(SessionId session, String kind, long sequence) {
    var name = session.value() + "/" + kind + "/" + sequence;
    var uuid = UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
    var version4 = (uuid.getMostSignificantBits() & ~0xF000L) | 0x4000L;
    return new UUID(version4, uuid.getLeastSignificantBits()).toString();
  }
}
