package dev.ash.persistence.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import dev.ash.config.NodeConfig;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Marks;
import dev.ash.protocol.session.SessionEvent;
import dev.ash.protocol.session.SessionEvent.AgentFolder;
import dev.ash.protocol.session.SessionEvent.AgentSaid;
import dev.ash.protocol.session.SessionEvent.Created;
import dev.ash.protocol.session.SessionEvent.Ended;
import dev.ash.protocol.session.SessionEvent.ModelNoted;
import dev.ash.protocol.session.SessionEvent.Origin;
import dev.ash.protocol.session.SessionEvent.Outcome;
import dev.ash.protocol.session.SessionEvent.Paused;
import dev.ash.protocol.session.SessionEvent.Reconfigured;
import dev.ash.protocol.session.SessionEvent.Resumed;
import dev.ash.protocol.session.SessionEvent.Stopped;
import dev.ash.protocol.session.SessionEvent.ToolCall;
import dev.ash.protocol.session.SessionEvent.TurnAccepted;
import dev.ash.protocol.session.SessionEvent.TurnContinued;
import dev.ash.protocol.session.SessionEvent.TurnEnded;
import dev.ash.protocol.session.SessionEvent.TurnStarted;
import dev.ash.protocol.session.SessionEvent.WorkspaceSaved;
import dev.ash.protocol.session.SessionSettings;
import dev.ash.protocol.session.TurnOptions;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.Serializers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every form ever stored must still load. Golden files are added, never edited. */
final class SessionEventGoldenTest {
  private static final ActorTestKit actors =
      ActorTestKit.create(
          NodeConfig.load(Map.of("pekko.actor.provider", "local", "pekko.loglevel", "WARNING")));
  private static final Serialization serialization = SerializationExtension.get(actors.system());

  /** Stored in every row of every journal. */
  private static final int SERIALIZER = 7001;

  private static final Instant AT = Instant.parse("2026-11-22T10:00:00.123Z");
  private static final Marks MARKS = new Marks(3, 7);
  private static final Digest MANIFEST = new Digest("ab".repeat(32));
  private static final SessionSettings SETTINGS =
      new SessionSettings(
          Optional.of("claude-opus"),
          Optional.of("You are \"terse\".\n"),
          Optional.of("default"),
          List.of("Read", "Bash"),
          List.of("WebFetch"),
          List.of("beta-1"),
          Optional.of("{\"helper\":{}}"),
          Optional.of("helper"),
          Optional.of("{\"files\":{\"command\":\"x\"}}"),
          Optional.empty());
  private static final SessionSettings WITH_CREDENTIAL =
      new SessionSettings(
          SETTINGS.model(),
          SETTINGS.systemPrompt(),
          SETTINGS.permissionMode(),
          SETTINGS.allowedTools(),
          SETTINGS.disallowedTools(),
          SETTINGS.betas(),
          SETTINGS.subagentsJson(),
          SETTINGS.initialAgent(),
          SETTINGS.mcpServersJson(),
          Optional.of("3f0c"));
  private static final Optional<Digest> REQUEST = Optional.of(new Digest("cd".repeat(32)));
  private static final TurnOptions OPTIONS =
      new TurnOptions(
          true,
          Optional.of("claude-haiku"),
          OptionalInt.of(5),
          OptionalDouble.of(0.25),
          Optional.of("high"),
          Optional.of("{\"type\":\"adaptive\"}"),
          Optional.of("{\"type\":\"json_schema\"}"));

  private static final Map<String, SessionEvent> GOLDEN =
      Map.ofEntries(
          Map.entry("created.v1c", created(WITH_CREDENTIAL, REQUEST)),
          Map.entry(
              "turn-accepted.v1",
              new TurnAccepted(1, "\"héllo\"", OPTIONS, Optional.of("key-1"), MARKS, AT)),
          Map.entry("turn-started.v1", new TurnStarted(1, MARKS, AT)),
          Map.entry(
              "agent-said.v1",
              new AgentSaid(1, "{\"type\":\"assistant\"}", Optional.of("Bash"), MARKS, AT)),
          Map.entry(
              "turn-continued.v1",
              new TurnContinued(
                  1, 2, "sandbox lost", List.of(new ToolCall("toolu_1", "Bash")), MARKS, AT)),
          Map.entry(
              "turn-ended.v1",
              new TurnEnded(1, Outcome.FAILED, Optional.of("out of budget"), MARKS, AT)),
          Map.entry("workspace-saved.v1", new WorkspaceSaved(MANIFEST, MARKS, AT)),
          Map.entry("paused.v1", new Paused(MARKS, AT)),
          Map.entry("resumed.v1", new Resumed("cold", Optional.of("local"), MARKS, AT)),
          Map.entry("stopped.v1", new Stopped(MARKS, AT)),
          Map.entry("ended.v1", new Ended(MARKS, AT)),
          Map.entry(
              "model-noted.v1",
              new ModelNoted(1, "budget_exceeded", "{\"scope\":\"session\"}", MARKS, AT)),
          Map.entry("reconfigured.v1", new Reconfigured(SETTINGS, MARKS, AT)));

  /** Forms that are not written any more, and what they load as. */
  private static final Map<String, SessionEvent> OLDER =
      Map.of(
          "created.v1", created(SETTINGS, Optional.empty()),
          "created.v1b", created(SETTINGS, REQUEST));

  /** What most events look like: nothing optional is there. */
  private static final List<SessionEvent> BARE =
      List.of(
          new Created(
              new TenantId("acme"),
              new AgentFolder(new AgentName("reviewer"), 1, MANIFEST),
              SessionSettings.NONE,
              Optional.empty(),
              Optional.empty(),
              Marks.NONE,
              AT),
          new TurnAccepted(1, "\"x\"", TurnOptions.NONE, Optional.empty(), MARKS, AT),
          new TurnEnded(1, Outcome.COMPLETED, Optional.empty(), MARKS, AT),
          new Resumed("warm", Optional.empty(), MARKS, AT));

  @AfterAll
  static void stop() {
    actors.shutdownTestKit();
  }

  static Stream<Map.Entry<String, SessionEvent>> golden() {
    return GOLDEN.entrySet().stream();
  }

  static Stream<Map.Entry<String, SessionEvent>> everStored() {
    return Stream.concat(GOLDEN.entrySet().stream(), OLDER.entrySet().stream());
  }

  static Stream<SessionEvent> bare() {
    return BARE.stream();
  }

  @ParameterizedTest
  @MethodSource("everStored")
  void aStoredFormStillLoads(Map.Entry<String, SessionEvent> golden) throws IOException {
    assertThat(load(bytes(golden.getKey()))).isEqualTo(golden.getValue());
  }

  @ParameterizedTest
  @MethodSource("golden")
  void theNewestFormIsWhatIsWritten(Map.Entry<String, SessionEvent> golden) throws IOException {
    var serializer = serialization.findSerializerFor(golden.getValue());
    assertThat(serializer.identifier()).isEqualTo(SERIALIZER);
    assertThat(Serializers.manifestFor(serializer, golden.getValue())).isEmpty();
    assertThat(new String(serializer.toBinary(golden.getValue()), UTF_8))
        .isEqualTo(new String(bytes(golden.getKey()), UTF_8).strip());
  }

  @ParameterizedTest
  @MethodSource("bare")
  void whatIsAbsentStaysAbsent(SessionEvent event) {
    var serializer = serialization.findSerializerFor(event);
    assertThat(load(serializer.toBinary(event))).isEqualTo(event);
  }

  @Test
  void aRowFromBeforeAnOptionalFieldWasAddedLoads() {
    var old =
        """
        {"type":"turn-ended","turn":1,"outcome":"COMPLETED",
         "marks":{"messages":3,"timeline":7},"at":"2026-11-22T10:00:00.123Z"}""";

    assertThat(load(old.getBytes(UTF_8)))
        .isEqualTo(new TurnEnded(1, Outcome.COMPLETED, Optional.empty(), MARKS, AT));
  }

  @Test
  void aRowOfANewerProgramWithAFieldMoreLoads() {
    var newer =
        """
        {"type":"paused","why":"tired",
         "marks":{"messages":3,"timeline":7},"at":"2026-11-22T10:00:00.123Z"}""";

    assertThat(load(newer.getBytes(UTF_8))).isEqualTo(new Paused(MARKS, AT));
  }

  @Test
  void aLineLargerThanJacksonsOwnLimitLoads() {
    var event = new AgentSaid(1, "x".repeat(21_000_000), Optional.empty(), MARKS, AT);
    var serializer = serialization.findSerializerFor(event);

    assertThat(load(serializer.toBinary(event)).equals(event)).isTrue();
  }

  @Test
  void everyFormHasANameAndAGolden() {
    var named = SessionEvent.class.getAnnotation(JsonSubTypes.class).value();
    assertThat(Stream.of(named).map(JsonSubTypes.Type::value))
        .containsExactlyInAnyOrder(SessionEvent.class.getPermittedSubclasses());
    assertThat(GOLDEN.keySet().stream().map(file -> file.substring(0, file.indexOf('.'))))
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(named).map(JsonSubTypes.Type::name).toList());
  }

  private static Created created(SessionSettings settings, Optional<Digest> request) {
    return new Created(
        new TenantId("acme"),
        new AgentFolder(new AgentName("reviewer"), 2, MANIFEST),
        settings,
        Optional.of(
            new Origin(new SessionId("00000000-0000-4000-8000-000000000001"), 12, new Marks(1, 2))),
        request,
        MARKS,
        AT);
  }

  private static Object load(byte[] bytes) {
    return serialization.deserialize(bytes, SERIALIZER, "").get();
  }

  private static byte[] bytes(String name) throws IOException {
    var path = "/golden/session/" + name + ".json";
    try (var in = SessionEventGoldenTest.class.getResourceAsStream(path)) {
      return Objects.requireNonNull(in, path).readAllBytes();
    }
  }
}
