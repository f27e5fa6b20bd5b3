package dev.ash.node.session;

import dev.ash.node.session.SessionCommand.Create;
import dev.ash.node.session.SessionCommand.Line;
import dev.ash.node.session.SessionCommand.Send;
import dev.ash.node.session.SessionCommand.Spoke;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Marks;
import dev.ash.protocol.session.SessionEvent.AgentFolder;
import dev.ash.protocol.session.SessionEvent.Origin;
import dev.ash.protocol.session.SessionSettings;
import dev.ash.protocol.session.TurnOptions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;

/** Values that the tests of sessions share. */
final class Samples {
  static final Instant NOW = Instant.parse("2026-11-22T10:00:00.123Z");
  static final TenantId ACME = new TenantId("acme");
  static final SessionId ID = SessionId.of(new UUID(7, 1));
  static final Digest FOLDER = digest("folder");
  static final AgentFolder AGENT = new AgentFolder(new AgentName("reviewer"), 3, FOLDER);

  static final SessionSettings SETTINGS =
      new SessionSettings(
          Optional.of("claude-opus"),
          Optional.of("Be brief."),
          Optional.of("default"),
          List.of("Bash"),
          List.of("WebFetch"),
          List.of("beta-1"),
          Optional.of("{\"a\":{\"description\":\"d\"}}"),
          Optional.of("a"),
          Optional.of("{\"m\":{\"url\":\"http://x\"}}"),
          Optional.empty());

  static final TurnOptions OPTIONS =
      new TurnOptions(
          true,
          Optional.of("claude-haiku"),
          OptionalInt.of(3),
          OptionalDouble.of(0.25),
          Optional.of("high"),
          Optional.of("{\"type\":\"enabled\",\"budgetTokens\":2000}"),
          Optional.of("{\"type\":\"json_schema\",\"schema\":{}}"));

  static final Origin ORIGIN = new Origin(SessionId.of(new UUID(7, 2)), 12, new Marks(4, 9));

  private Samples() {}

  static Digest digest(String of) {
    return Digest.of(of.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  /** Takes answers that no test looks at. */
  static ActorRef<SessionReply> nobody() {
    return TestInbox.<SessionReply>create().getRef();
  }

  static SessionRules rules(int maxQueued, int maxContinuations) {
    return new SessionRules(maxQueued, 1 << 20, maxContinuations);
  }

  static Sessions.Patch patch(Optional<String> model, Optional<List<String>> allowedTools) {
    return new Sessions.Patch(
        model,
        allowedTools,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  static Create create() {
    return create(Optional.empty(), Optional.empty());
  }

  static Create create(Optional<Origin> origin, Optional<Digest> workspace) {
    return new Create(
        ACME, AGENT, SETTINGS, Map.of("A", "1"), origin, Optional.empty(), workspace, nobody());
  }

  static Send send(String text) {
    return send(text, Sessions.WhenBusy.QUEUE, Optional.empty());
  }

  static Send send(String text, Sessions.WhenBusy whenBusy, Optional<String> key) {
    return new Send(ACME, "\"" + text + "\"", TurnOptions.NONE, whenBusy, key, nobody());
  }

  static Spoke spoke(long turn, int before, String... raw) {
    return new Spoke(turn, before, Stream.of(raw).map(line -> new Line(line, false)).toList());
  }

  static String assistant(String text) {
    return "{\"type\":\"assistant\",\"message\":{\"role\":\"assistant\",\"content\":"
        + "[{\"type\":\"text\",\"text\":\""
        + text
        + "\"}]}}";
  }

  static String toolCall(String id, String name) {
    return "{\"type\":\"assistant\",\"message\":{\"role\":\"assistant\",\"content\":"
        + "[{\"type\":\"tool_use\",\"id\":\"%s\",\"name\":\"%s\",\"input\":{\"command\":\"ls\"}}]}}"
            .formatted(id, name);
  }

  static String toolResult(String id) {
    return "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":"
        + "[{\"type\":\"tool_result\",\"tool_use_id\":\"%s\",\"content\":\"out\",\"is_error\":false}]},"
            .formatted(id)
        + "\"tool_use_result\":{\"stdout\":\"out\",\"stderr\":\"\"}}";
  }

  static String result() {
    return "{\"type\":\"result\",\"subtype\":\"success\",\"num_turns\":1,\"result\":\"done\"}";
  }

  static String delta(String text) {
    return "{\"type\":\"stream_event\",\"event\":{\"type\":\"content_block_delta\",\"index\":0,"
        + "\"delta\":{\"type\":\"text_delta\",\"text\":\"%s\"}}}".formatted(text);
  }
}
