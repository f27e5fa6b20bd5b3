package dev.ash.node.session;

import static dev.ash.node.session.Samples.ACME;
import static dev.ash.node.session.Samples.NOW;
import static dev.ash.node.session.Samples.assistant;
import static dev.ash.node.session.Samples.nobody;
import static dev.ash.node.session.Samples.send;
import static dev.ash.node.session.Samples.spoke;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.session.Decision.Answer;
import dev.ash.node.session.SessionCommand.Create;
import dev.ash.node.session.SessionCommand.End;
import dev.ash.node.session.SessionCommand.Finished;
import dev.ash.node.session.SessionCommand.Interrupt;
import dev.ash.node.session.SessionCommand.InterruptTurn;
import dev.ash.node.session.SessionCommand.Lost;
import dev.ash.node.session.SessionCommand.Pause;
import dev.ash.node.session.SessionCommand.Reconfigure;
import dev.ash.node.session.SessionCommand.Reported;
import dev.ash.node.session.SessionCommand.Resume;
import dev.ash.node.session.SessionCommand.Ruled;
import dev.ash.node.session.SessionCommand.Saved;
import dev.ash.node.session.SessionCommand.Send;
import dev.ash.node.session.SessionCommand.Stop;
import dev.ash.node.session.SessionCommand.SwapWorkspace;
import dev.ash.node.session.SessionState.Absent;
import dev.ash.node.session.SessionState.Halted;
import dev.ash.node.session.SessionState.How;
import dev.ash.node.session.SessionState.Idle;
import dev.ash.node.session.SessionState.Running;
import dev.ash.node.session.Sessions.WhenBusy;
import dev.ash.node.session.WorkerCommand.Run;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Cursor;
import dev.ash.protocol.session.Rejection.Code;
import dev.ash.protocol.session.SessionEvent.AgentSaid;
import dev.ash.protocol.session.SessionEvent.Created;
import dev.ash.protocol.session.SessionEvent.Outcome;
import dev.ash.protocol.session.SessionEvent.Resumed;
import dev.ash.protocol.session.SessionEvent.ToolCall;
import dev.ash.protocol.session.SessionEvent.TurnAccepted;
import dev.ash.protocol.session.SessionEvent.TurnContinued;
import dev.ash.protocol.session.SessionEvent.TurnEnded;
import dev.ash.protocol.session.SessionEvent.TurnStarted;
import dev.ash.protocol.session.SessionEvent.WorkspaceSaved;
import dev.ash.protocol.session.SessionSettings;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SessionRulesTest {

  private static final Map<String, Supplier<Played>> STATES =
      Map.of(
          "absent", () -> new Played(Samples.rules(3, 2)),
          "idle", Played::idle,
          "running", Played::running,
          "pausing", () -> after(Played.running(), new Pause(ACME, nobody())),
          "paused", () -> after(Played.idle(), new Pause(ACME, nobody())),
          "stopped", () -> after(Played.idle(), new Stop(ACME, nobody())),
          "ended", () -> after(Played.idle(), new End(ACME, nobody())));

  private static final Map<String, Ruled> COMMANDS =
      Map.of(
          "create", Samples.create(),
          "send", send("hi"),
          "interrupt", new Interrupt(ACME, nobody()),
          "its turn", new InterruptTurn(ACME, 1, nobody()),
          "pause", new Pause(ACME, nobody()),
          "resume", new Resume(ACME, nobody()),
          "stop", new Stop(ACME, nobody()),
          "end", new End(ACME, nobody()),
          "reconfigure",
              new Reconfigure(
                  ACME,
                  Samples.patch(Optional.empty(), Optional.empty()),
                  Optional.empty(),
                  nobody()),
          "swap",
              new SwapWorkspace(ACME, Optional.empty(), Samples.digest("other files"), nobody()));

  private static final Map<String, Reported> REPORTS =
      Map.of(
          "spoke", spoke(1, 0, assistant("x")),
          "finished",
              new Finished(
                  1, Outcome.COMPLETED, Optional.empty(), Optional.of(Samples.digest("files"))),
          "lost", new Lost(1, "power went"),
          "saved", new Saved(Samples.digest("files")));

  private static <T> T named(Map<String, T> rows, String name) {
    return java.util.Objects.requireNonNull(rows.get(name), name);
  }

  private static Played after(Played played, Ruled command) {
    played.ask(command);
    return played;
  }

  /** state | command | answer | events | told to the worker | status afterwards. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      nullValues = "-",
      value = {
        "absent  | create      | show | Created | Prepare | active",
        "absent  | send        | NOT_FOUND Session not found | - | - | starting",
        "absent  | interrupt   | NOT_FOUND Session not found | - | - | starting",
        "absent  | its turn    | NOT_FOUND Session not found | - | - | starting",
        "absent  | pause       | NOT_FOUND Session not found | - | - | starting",
        "absent  | resume      | NOT_FOUND Session not found | - | - | starting",
        "absent  | stop        | NOT_FOUND Session not found | - | - | starting",
        "absent  | end         | NOT_FOUND Session not found | - | - | starting",
        "absent  | reconfigure | NOT_FOUND Session not found | - | - | starting",
        "absent  | swap        | NOT_FOUND Session not found | - | - | starting",
        "idle    | create      | show | - | - | active",
        "idle    | send        | turn 1 from 1 | TurnAccepted TurnStarted | Run | active",
        "idle    | interrupt   | show | - | - | active",
        "idle    | its turn    | NOT_FOUND Session has no turn 1 (its last is 0) | - | - | active",
        "idle    | pause       | show | Paused | Save | paused",
        "idle    | resume      | show | - | - | active",
        "idle    | stop        | show | Stopped | Release | stopped",
        "idle    | end         | show | Ended | Release | ended",
        "idle    | reconfigure | show | Reconfigured | - | active",
        "idle    | swap        | show | WorkspaceSaved | FilesChanged | active",
        "running | create      | show | - | - | active",
        "running | send        | turn 2 from 3 | TurnAccepted | - | active",
        "running | interrupt   | show | ModelNoted | Interrupt | active",
        "running | its turn    | turn 1 was RUNNING | ModelNoted | Interrupt | active",
        "running | pause       | show | Paused | - | paused",
        "running | resume      | show | - | - | active",
        "running | stop        | show | TurnEnded Stopped | Abandon Release | stopped",
        "running | end         | show | TurnEnded Ended | Abandon Release | ended",
        "running | reconfigure | show | Reconfigured | - | active",
        "running | swap        | BUSY Session is running a turn | - | - | active",
        "pausing | create      | show | - | - | paused",
        "pausing | send        | WRONG_STATE Session is paused | - | - | paused",
        "pausing | interrupt   | show | ModelNoted | Interrupt | paused",
        "pausing | its turn    | turn 1 was RUNNING | ModelNoted | Interrupt | paused",
        "pausing | pause       | WRONG_STATE Cannot pause session with status \"paused\" | - | - | paused",
        "pausing | resume      | show | Resumed | - | active",
        "pausing | stop        | WRONG_STATE Cannot stop session with status \"paused\" | - | - | paused",
        "pausing | end         | show | TurnEnded Ended | Abandon Release | ended",
        "pausing | reconfigure | show | Reconfigured | - | paused",
        "pausing | swap        | BUSY Session is running a turn | - | - | paused",
        "paused  | create      | show | - | - | paused",
        "paused  | send        | WRONG_STATE Session is paused | - | - | paused",
        "paused  | interrupt   | show | - | - | paused",
        "paused  | its turn    | NOT_FOUND Session has no turn 1 (its last is 0) | - | - | paused",
        "paused  | pause       | WRONG_STATE Cannot pause session with status \"paused\" | - | - | paused",
        "paused  | resume      | show | Resumed | Prepare | active",
        "paused  | stop        | WRONG_STATE Cannot stop session with status \"paused\" | - | - | paused",
        "paused  | end         | show | Ended | Release | ended",
        "paused  | reconfigure | show | Reconfigured | - | paused",
        "paused  | swap        | show | WorkspaceSaved | FilesChanged | paused",
        "stopped | create      | show | - | - | stopped",
        "stopped | send        | WRONG_STATE Session is stopped | - | - | stopped",
        "stopped | interrupt   | show | - | - | stopped",
        "stopped | its turn    | NOT_FOUND Session has no turn 1 (its last is 0) | - | - | stopped",
        "stopped | pause       | WRONG_STATE Cannot pause session with status \"stopped\" | - | - | stopped",
        "stopped | resume      | show | Resumed | Prepare | active",
        "stopped | stop        | WRONG_STATE Cannot stop session with status \"stopped\" | - | - | stopped",
        "stopped | end         | show | Ended | Release | ended",
        "stopped | reconfigure | show | Reconfigured | - | stopped",
        "stopped | swap        | show | WorkspaceSaved | FilesChanged | stopped",
        "ended   | create      | show | - | - | ended",
        "ended   | send        | WRONG_STATE Session is ended | - | - | ended",
        "ended   | interrupt   | show | - | - | ended",
        "ended   | its turn    | NOT_FOUND Session has no turn 1 (its last is 0) | - | - | ended",
        "ended   | pause       | WRONG_STATE Cannot pause session with status \"ended\" | - | - | ended",
        "ended   | resume      | GONE Session has ended — create a new session | - | - | ended",
        "ended   | stop        | WRONG_STATE Cannot stop session with status \"ended\" | - | - | ended",
        "ended   | end         | show | - | - | ended",
        "ended   | reconfigure | show | Reconfigured | - | ended",
        "ended   | swap        | show | WorkspaceSaved | FilesChanged | ended",
      })
  void answersEveryCommandInEveryState(
      String state, String command, String answer, String events, String told, String status) {
    var played = named(STATES, state).get();

    var decision = played.ask(named(COMMANDS, command));

    assertThat(text(decision.answer())).isEqualTo(answer);
    assertThat(Played.names(decision.events())).isEqualTo(events == null ? "" : events);
    assertThat(names(decision.then())).isEqualTo(told == null ? "" : told);
    assertThat(SessionState.status(played.state)).isEqualTo(status);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "absent  | spoke    | - | - | starting",
        "absent  | finished | - | - | starting",
        "absent  | lost     | - | - | starting",
        "absent  | saved    | - | - | starting",
        "idle    | spoke    | AgentSaid | - | active",
        "idle    | finished | WorkspaceSaved | - | active",
        "idle    | lost     | - | - | active",
        "idle    | saved    | WorkspaceSaved | - | active",
        "running | spoke    | AgentSaid | - | active",
        "running | finished | WorkspaceSaved TurnEnded | - | active",
        "running | lost     | TurnContinued | Run | active",
        "running | saved    | WorkspaceSaved | - | active",
        "pausing | spoke    | AgentSaid | - | paused",
        "pausing | finished | WorkspaceSaved TurnEnded | - | paused",
        "pausing | lost     | TurnContinued | Run | paused",
        "pausing | saved    | WorkspaceSaved | - | paused",
        "paused  | spoke    | AgentSaid | - | paused",
        "paused  | finished | WorkspaceSaved | - | paused",
        "paused  | lost     | - | - | paused",
        "paused  | saved    | WorkspaceSaved | - | paused",
        "stopped | spoke    | AgentSaid | - | stopped",
        "stopped | finished | WorkspaceSaved | - | stopped",
        "stopped | lost     | - | - | stopped",
        "stopped | saved    | WorkspaceSaved | - | stopped",
        "ended   | spoke    | - | - | ended",
        "ended   | finished | WorkspaceSaved | - | ended",
        "ended   | lost     | - | - | ended",
        "ended   | saved    | WorkspaceSaved | - | ended",
      })
  void takesEveryReportInEveryState(
      String state, String report, String events, String told, String status) {
    var played = named(STATES, state).get();

    var decision = played.hear(named(REPORTS, report));

    assertThat(decision.answer()).isEqualTo(new Answer.Nothing());
    assertThat(Played.names(decision.events())).isEqualTo(events == null ? "" : events);
    assertThat(names(decision.then())).isEqualTo(told == null ? "" : told);
    assertThat(SessionState.status(played.state)).isEqualTo(status);
  }

  @ParameterizedTest
  @CsvSource({"idle", "running", "pausing", "paused", "stopped", "ended"})
  void isNotThereForAnotherTenant(String state) {
    var stranger = new TenantId("mallory");
    var to = nobody();
    var digest = Samples.digest("x");
    for (Ruled command :
        List.<Ruled>of(
            new Create(
                stranger,
                Samples.AGENT,
                Samples.SETTINGS,
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                to),
            new Send(stranger, "\"x\"", Samples.OPTIONS, WhenBusy.INTERRUPT, Optional.of("k"), to),
            new Interrupt(stranger, to),
            new InterruptTurn(stranger, 1, to),
            new Pause(stranger, to),
            new Resume(stranger, to),
            new Stop(stranger, to),
            new End(stranger, to),
            new Reconfigure(
                stranger, Samples.patch(Optional.empty(), Optional.empty()), Optional.empty(), to),
            new SwapWorkspace(stranger, Optional.empty(), digest, to))) {
      assertThat(named(STATES, state).get().ask(command))
          .isEqualTo(Decision.refuse(Code.NOT_FOUND, "Session not found"));
    }
  }

  @Test
  void runsQueuedMessagesInOrder() {
    var played = Played.running();
    played.ask(send("two"));
    played.ask(send("three"));

    assertThat(started(played)).containsExactly(1L);
    played.hear(finished(1));
    played.hear(finished(2));

    assertThat(started(played)).containsExactly(1L, 2L, 3L);
    assertThat(runs(played).stream().map(Run::contentJson))
        .containsExactly("\"one\"", "\"two\"", "\"three\"");
    assertThat(played.facts().queue()).isEmpty();
    played.hear(finished(3));
    assertThat(played.state).isInstanceOf(Idle.class);
  }

  @Test
  void givesTheNextTurnTheFilesThatTheLastOneLeft() {
    var played = Played.running();
    played.ask(send("two"));

    played.hear(
        new Finished(
            1, Outcome.COMPLETED, Optional.empty(), Optional.of(Samples.digest("new files"))));

    assertThat(runs(played).getLast().setup().workspace()).contains(Samples.digest("new files"));
  }

  @Test
  void hasNothingToGoOnWithWhenTheAgentNeverSpoke() {
    var played = Played.running();
    played.ask(send("two"));

    played.hear(new Finished(1, Outcome.FAILED, Optional.of("no sandbox"), Optional.empty()));

    assertThat(runs(played).getLast().setup().talked()).isFalse();
  }

  @Test
  void refusesAMessageWhenTooManyWait() {
    var played = Played.running();
    List.of("a", "b", "c").forEach(text -> played.ask(send(text)));

    assertThat(played.ask(send("d")))
        .isEqualTo(Decision.refuse(Code.NO_CAPACITY, "Session has 3 messages waiting (at most 3)"));
  }

  @Test
  void refusesAMessageWhenTooMuchWaits() {
    var played = new Played(new SessionRules(100, 100, 2));
    played.ask(Samples.create());
    played.ask(send("one"));
    played.ask(send("x".repeat(50)));

    assertThat(played.ask(send("\u4e16".repeat(20))))
        .isEqualTo(
            Decision.refuse(
                Code.NO_CAPACITY,
                "Session has 52 bytes of messages waiting and this one has 62 (at most 100)"));
    assertThat(text(played.ask(send("x".repeat(40))).answer())).startsWith("turn 3 ");
  }

  @Test
  void remembersKeysWithoutTheirMessages() {
    var played = Played.idle();
    played.ask(send("x".repeat(100_000), WhenBusy.QUEUE, Optional.of("k-1")));

    assertThat(played.facts().keyed().toString()).hasSizeLessThan(300);
  }

  @Test
  void refusesAKeyThatStandsForOtherOptions() {
    var played = Played.idle();
    played.ask(send("pay", WhenBusy.QUEUE, Optional.of("k-1")));
    var other =
        new Send(ACME, "\"pay\"", Samples.OPTIONS, WhenBusy.QUEUE, Optional.of("k-1"), nobody());

    assertThat(played.ask(other))
        .isEqualTo(
            Decision.refuse(Code.INVALID, "Idempotency-Key was used before with another message"));
  }

  @Test
  void refusesAKeyThatStandsForAnotherSession() {
    var played = new Played(Samples.rules(3, 2));
    played.ask(asked("one body"));

    assertThat(text(played.ask(asked("one body")).answer())).isEqualTo("show");
    for (var then : List.of("send", "pause", "end")) {
      assertThat(played.ask(asked("another body")))
          .isEqualTo(
              Decision.refuse(
                  Code.INVALID, "Idempotency-Key was used before with another request"));
      played.ask(named(COMMANDS, then));
    }
  }

  private static Create asked(String body) {
    return new Create(
        ACME,
        Samples.AGENT,
        Samples.SETTINGS,
        Map.of(),
        Optional.empty(),
        Optional.of(Samples.digest(body)),
        Optional.empty(),
        nobody());
  }

  @Test
  void keepsBothOfTwoChanges() {
    var played = Played.idle();

    played.ask(
        new Reconfigure(
            ACME, Samples.patch(Optional.of("m"), Optional.empty()), Optional.empty(), nobody()));
    played.ask(
        new Reconfigure(
            ACME,
            Samples.patch(Optional.empty(), Optional.of(List.of())),
            Optional.empty(),
            nobody()));

    assertThat(played.facts().settings().model()).contains("m");
    assertThat(played.facts().settings().allowedTools()).isEmpty();
    assertThat(played.facts().settings().systemPrompt()).contains("Be brief.");
  }

  @Test
  void changesSettingsOnlyInAStateThatIsExpected() {
    var played = Played.idle();
    var first = ConfigTag.of(played.facts().settings());
    var toM = Samples.patch(Optional.of("m"), Optional.empty());
    var toN = Samples.patch(Optional.of("n"), Optional.empty());
    var expected = Optional.of(List.of("other", first.opaque()));

    played.ask(new Reconfigure(ACME, toM, expected, nobody()));
    var second = ConfigTag.of(played.facts().settings());
    var late = played.ask(new Reconfigure(ACME, toN, expected, nobody()));
    var again = played.ask(new Reconfigure(ACME, toM, expected, nobody()));

    assertThat(second).isNotEqualTo(first);
    assertThat(late).isEqualTo(new Decision(List.of(), List.of(), new Answer.Stale(second)));
    assertThat(again).as("it is done already").isEqualTo(Decision.show());
    assertThat(played.facts().settings().model()).contains("m");
    var never = Optional.of(List.<String>of());
    assertThat(played.ask(new Reconfigure(ACME, toN, never, nobody()))).isEqualTo(late);
  }

  @Test
  void aTagTellsWhatMayBeChangedAndNoSecret() {
    var tag = ConfigTag.of(Samples.SETTINGS);
    var s = Samples.SETTINGS;

    assertThat(
            ConfigTag.of(
                new SessionSettings(
                    s.model(),
                    Optional.of("another prompt"),
                    s.permissionMode(),
                    s.allowedTools(),
                    s.disallowedTools(),
                    s.betas(),
                    s.subagentsJson(),
                    s.initialAgent(),
                    Optional.of("{}"),
                    Optional.of("credential"))))
        .isEqualTo(tag);
    assertThat(
            Stream.of(
                    Samples.patch(Optional.of(""), Optional.empty()),
                    Samples.patch(Optional.empty(), Optional.of(List.of())),
                    Samples.patch(Optional.empty(), Optional.of(List.of("Bash", "Read"))))
                .map(patch -> ConfigTag.of(patch.appliedTo(s))))
        .doesNotHaveDuplicates()
        .doesNotContain(tag);
  }

  @Test
  void swapsNoFilesUnderALiveProcess() {
    var played = Played.idle();
    played.live = true;

    assertThat(played.ask(named(COMMANDS, "swap")))
        .isEqualTo(
            Decision.refuse(Code.BUSY, "The session's sandbox has started meanwhile; try again"));
  }

  @Test
  void knowsAMessageByItsKeyWhileItPauses() {
    var played = Played.idle();
    var first = played.ask(send("pay", WhenBusy.QUEUE, Optional.of("k-1")));
    played.ask(named(COMMANDS, "pause"));

    var again = played.ask(send("pay", WhenBusy.QUEUE, Optional.of("k-1")));

    assertThat(again.answer()).isEqualTo(first.answer());
  }

  @Test
  void keepsOnlyTheNewestOfManyOpenToolCalls() {
    var played = Played.running();
    var long1 = "n".repeat(10_000);
    for (var n = 0; n < 3 * OpenTools.MOST; n++) {
      played.hear(spoke(1, n, Samples.toolCall("t-" + n + "-" + long1, long1)));
    }

    var open = ((Running) played.state).turn().openTools();
    assertThat(open).hasSize(OpenTools.MOST);
    assertThat(open.getLast().id()).startsWith("t-299-").hasSize(OpenTools.LONGEST);
    assertThat(open.getLast().name()).hasSize(OpenTools.LONGEST);
    played.hear(spoke(1, 3 * OpenTools.MOST, Samples.toolResult("t-299-" + long1)));
    assertThat(((Running) played.state).turn().openTools()).hasSize(OpenTools.MOST - 1);
  }

  @Test
  void countsLossesAnewWhenATurnGetsOn() {
    var played = Played.running();
    for (var n = 0; n < 5; n++) {
      played.hear(spoke(1, 0, assistant("step " + n)));
      played.hear(new Lost(1, "restart"));
    }

    assertThat(of(TurnContinued.class, played))
        .extracting(TurnContinued::attempt)
        .containsExactly(1, 1, 1, 1, 1);
    assertThat(ended(played)).isEmpty();
  }

  @Test
  void givesUpATurnThatOnlyStarts() {
    var played = Played.running();
    for (var n = 0; n < 3; n++) {
      played.hear(spoke(1, 0, "{\"type\":\"system\",\"subtype\":\"init\"}"));
      played.hear(new Lost(1, "restart"));
    }

    assertThat(ended(played)).hasSize(1);
  }

  @Test
  void givesUpATurnThatKillsItsSandboxForEver() {
    var played = Played.running();
    for (var n = 0; n <= 2 * SessionReports.LOSSES_EACH; n++) {
      played.hear(spoke(1, 0, assistant("again")));
      played.hear(new Lost(1, "out of memory"));
    }

    assertThat(of(TurnContinued.class, played)).hasSize(2 * SessionReports.LOSSES_EACH);
    assertThat(ended(played)).extracting(TurnEnded::outcome).containsExactly(Outcome.FAILED);
  }

  @Test
  void refusesOrInterruptsWhenTheCallerAsksForIt() {
    var played = Played.running();

    assertThat(played.ask(send("x", WhenBusy.REJECT, Optional.empty())))
        .isEqualTo(Decision.refuse(Code.BUSY, "Session is running a turn"));
    var decision = played.ask(send("y", WhenBusy.INTERRUPT, Optional.empty()));
    assertThat(decision.then()).containsExactly(new WorkerCommand.Interrupt(1));
    assertThat(Played.names(decision.events())).isEqualTo("TurnAccepted ModelNoted");
    assertThat(played.facts().queue()).extracting(Facts.Pending::turn).containsExactly(2L);
  }

  @ParameterizedTest
  @CsvSource({"stop, Session was stopped", "end, Session was ended"})
  void endsEveryTurnOnceWhenItIsHalted(String command, String why) {
    var played = Played.running();
    played.ask(send("two"));
    played.ask(send("three"));

    played.ask(named(COMMANDS, command));
    played.hear(finished(1));
    played.hear(new Lost(1, "late"));

    assertThat(ended(played))
        .extracting(TurnEnded::turn, TurnEnded::outcome, TurnEnded::error)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(1L, Outcome.CANCELLED, Optional.of(why)),
            org.assertj.core.groups.Tuple.tuple(2L, Outcome.CANCELLED, Optional.of(why)),
            org.assertj.core.groups.Tuple.tuple(3L, Outcome.CANCELLED, Optional.of(why)));
    assertThat(played.facts().queue()).isEmpty();
  }

  @Test
  void endsWaitingTurnsOfAPausedSessionToo() {
    var played = Played.running();
    played.ask(send("two"));
    played.ask(named(COMMANDS, "pause"));
    played.hear(finished(1));
    assertThat(played.state).isInstanceOf(Halted.class);

    played.ask(named(COMMANDS, "end"));

    assertThat(ended(played)).extracting(TurnEnded::turn).containsExactly(1L, 2L);
  }

  @Test
  void takesUpTheQueueWhenItIsResumed() {
    var played = Played.running();
    played.ask(send("two"));
    played.ask(named(COMMANDS, "pause"));
    played.hear(finished(1));

    var decision = played.ask(named(COMMANDS, "resume"));

    assertThat(Played.names(decision.events())).isEqualTo("Resumed TurnStarted");
    assertThat(runs(played).getLast().turn()).isEqualTo(2);
    assertThat(played.state).isInstanceOf(Running.class);
  }

  @Test
  void saysHowItWasResumed() {
    var paused = named(STATES, "paused").get();
    paused.live = true;
    assertThat(resumed(paused)).isEqualTo("warm Optional.empty");
    assertThat(resumed(named(STATES, "stopped").get())).isEqualTo("cold Optional[fresh]");
    var saved = named(STATES, "stopped").get();
    saved.hear(named(REPORTS, "saved"));
    assertThat(resumed(saved)).isEqualTo("cold Optional[local]");
  }

  private static String resumed(Played played) {
    played.ask(named(COMMANDS, "resume"));
    var event = (Resumed) played.journal.getLast();
    return event.path() + " " + event.source();
  }

  @Test
  void knowsAMessageByItsKeyWhateverBecameOfIt() {
    var played = Played.idle();
    var keyed = send("pay", WhenBusy.QUEUE, Optional.of("k-1"));
    var first = played.ask(keyed);

    var whileRunning = played.ask(send("pay", WhenBusy.REJECT, Optional.of("k-1")));
    played.hear(finished(1));
    var afterwards = played.ask(keyed);
    played.ask(named(COMMANDS, "end"));
    var whenEnded = played.ask(keyed);

    assertThat(List.of(whileRunning, afterwards, whenEnded))
        .allSatisfy(
            again -> {
              assertThat(again.answer()).isEqualTo(first.answer());
              assertThat(again.events()).isEmpty();
              assertThat(again.then()).isEmpty();
            });
  }

  @ParameterizedTest
  @CsvSource({"idle", "running", "paused"})
  void refusesAKeyThatStandsForAnotherMessage(String then) {
    var played = Played.idle();
    played.ask(send("pay", WhenBusy.QUEUE, Optional.of("k-1")));
    if (!then.equals("running")) {
      played.hear(finished(1));
    }
    if (then.equals("paused")) {
      played.ask(named(COMMANDS, "pause"));
    }

    assertThat(played.ask(send("pay twice", WhenBusy.QUEUE, Optional.of("k-1"))))
        .isEqualTo(
            Decision.refuse(Code.INVALID, "Idempotency-Key was used before with another message"));
  }

  @Test
  void forgetsTheOldestKeys() {
    var played = Played.idle();
    for (var n = 1; n <= Facts.KEYS_KEPT + 1; n++) {
      played.ask(send("m" + n, WhenBusy.QUEUE, Optional.of("k-" + n)));
      played.hear(finished(n));
    }

    assertThat(played.facts().keyed()).hasSize(Facts.KEYS_KEPT).doesNotContainKey("k-1");
    assertThat(text(played.ask(send("m2", WhenBusy.QUEUE, Optional.of("k-2"))).answer()))
        .startsWith("turn 2 ");
  }

  @Test
  void takesUpALostTurnOnlySoOften() {
    var played = Played.running();
    played.hear(spoke(1, 0, Samples.toolCall("t-1", "Bash")));

    played.hear(new Lost(1, "the node died"));
    played.hear(new Lost(1, "the node died"));
    var last = played.hear(new Lost(1, "it died again"));

    assertThat(of(TurnContinued.class, played))
        .extracting(TurnContinued::attempt, TurnContinued::interrupted)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(1, List.of(new ToolCall("t-1", "Bash"))),
            org.assertj.core.groups.Tuple.tuple(2, List.of()));
    assertThat(runs(played).stream().map(Run::continuation)).containsExactly(false, true, true);
    assertThat(last.then()).isEmpty();
    assertThat(ended(played))
        .extracting(TurnEnded::outcome, TurnEnded::error)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(
                Outcome.FAILED,
                Optional.of(
                    "The agent was lost 3 times in this turn, the last time because it died"
                        + " again")));
  }

  @Test
  void saysAMessageAgainWhenItsTurnWasLostBeforeTheAgentSpoke() {
    var played = Played.running();

    played.hear(new Lost(1, "x"));

    assertThat(runs(played).getLast().continuation()).isFalse();
  }

  @Test
  void ignoresReportsOfTurnsThatDoNotRun() {
    var played = Played.running();
    played.hear(finished(1));
    played.ask(send("two"));

    assertThat(played.hear(finished(1)).events()).isEmpty();
    assertThat(played.hear(new Lost(1, "x"))).isEqualTo(Decision.nothing());
    assertThat(played.hear(new Lost(3, "x"))).isEqualTo(Decision.nothing());
    assertThat(played.state).isInstanceOf(Running.class);
  }

  @Test
  void storesWhatTheAgentSaysAfterItsTurn() {
    var played = Played.running();
    played.hear(finished(1));

    played.hear(spoke(1, 0, assistant("a background task is done")));

    assertThat(played.journal.getLast()).isInstanceOf(AgentSaid.class);
    assertThat(played.state).isInstanceOf(Idle.class);
  }

  @Test
  void storesLinesThatAreSentAgainOnce() {
    var played = Played.running();
    played.hear(spoke(1, 0, assistant("a"), assistant("b")));

    played.hear(spoke(1, 0, assistant("a"), assistant("b")));
    played.hear(spoke(1, 1, assistant("b"), assistant("c")));

    assertThat(of(AgentSaid.class, played))
        .extracting(AgentSaid::raw)
        .containsExactly(assistant("a"), assistant("b"), assistant("c"));
  }

  @Test
  void storesNoPartialLine() {
    var played = Played.running();

    var decision =
        played.hear(
            new SessionCommand.Spoke(
                1, 0, List.of(new SessionCommand.Line(Samples.delta("x"), true))));

    assertThat(decision.events()).isEmpty();
  }

  @Test
  void namesTheToolOfAResult() {
    var played = Played.running();

    played.hear(spoke(1, 0, Samples.toolCall("t-1", "Bash"), Samples.toolCall("t-2", "Read")));
    played.hear(spoke(1, 2, Samples.toolResult("t-2"), Samples.toolResult("t-9")));

    assertThat(of(AgentSaid.class, played))
        .extracting(AgentSaid::tool)
        .containsExactly(Optional.empty(), Optional.empty(), Optional.of("Read"), Optional.empty());
    assertThat(((Running) played.state).turn().openTools())
        .containsExactly(new ToolCall("t-1", "Bash"));
  }

  @Test
  void makesAForkPausedWithItsParentsMessageCount() {
    var played = new Played(Samples.rules(3, 2));

    var decision =
        played.ask(
            Samples.create(Optional.of(Samples.ORIGIN), Optional.of(Samples.digest("files"))));

    assertThat(Played.names(decision.events())).isEqualTo("Created WorkspaceSaved");
    assertThat(decision.then()).isEmpty();
    assertThat(((Created) played.journal.getFirst()).marks().messages()).isEqualTo(4);
    assertThat(((Created) played.journal.getFirst()).marks().timeline()).isEqualTo(1);
    assertThat(((WorkspaceSaved) played.journal.getLast()).manifest())
        .isEqualTo(Samples.digest("files"));
    assertThat(played.state).isInstanceOf(Halted.class);
    assertThat(((Halted) played.state).how()).isEqualTo(How.PAUSED);
    assertThat(played.facts().talked()).isTrue();
  }

  @Test
  void swapsFilesOnlyForWhoKnowsThePresentOnes() {
    var played = Played.idle();
    played.hear(named(REPORTS, "saved"));

    assertThat(played.ask(named(COMMANDS, "swap")))
        .isEqualTo(
            Decision.refuse(Code.BUSY, "The session's files were changed meanwhile; try again"));
  }

  @Test
  void storesNoManifestTwice() {
    var played = Played.idle();
    played.hear(named(REPORTS, "saved"));

    assertThat(played.hear(named(REPORTS, "saved"))).isEqualTo(Decision.nothing());
  }

  @Test
  void answersWithACursorBeforeTheTurnsFirstFrame() {
    var played = Played.idle();

    var answer = played.ask(send("x")).answer();

    assertThat(answer).isEqualTo(new Answer.TurnTaken(1, Cursor.before(2)));
    assertThat(played.journal.get(1)).isInstanceOf(TurnAccepted.class);
  }

  @Test
  void appliesNothingToASessionThatIsNotThere() {
    var stray = new TurnStarted(1, dev.ash.protocol.session.Marks.NONE, NOW);

    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> SessionState.apply(new Absent(), stray))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("before created");
  }

  private static Finished finished(long turn) {
    return new Finished(turn, Outcome.COMPLETED, Optional.empty(), Optional.empty());
  }

  private static List<Long> started(Played played) {
    return of(TurnStarted.class, played).stream().map(TurnStarted::turn).toList();
  }

  private static List<TurnEnded> ended(Played played) {
    return of(TurnEnded.class, played);
  }

  private static <T> List<T> of(Class<T> form, Played played) {
    return played.journal.stream().filter(form::isInstance).map(form::cast).toList();
  }

  private static List<Run> runs(Played played) {
    return played.told.stream().filter(Run.class::isInstance).map(Run.class::cast).toList();
  }

  private static String text(Answer answer) {
    return switch (answer) {
      case Answer.Show() -> "show";
      case Answer.TurnTaken(var turn, var from) -> "turn " + turn + " from " + from.sequence();
      case Answer.Interrupted(var turn, var was) -> "turn " + turn + " was " + was;
      case Answer.Refuse(var why) -> why.code() + " " + why.detail();
      case Answer.Stale(var current) -> "stale " + current;
      case Answer.Nothing() -> "nothing";
    };
  }

  private static String names(List<WorkerCommand> commands) {
    return String.join(" ", commands.stream().map(c -> c.getClass().getSimpleName()).toList());
  }
}
