package dev.ash.node.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class ExecLimitsTest {
  private final ExecLimits limits = new ExecLimits();

  /** A command that ends when it is told to. */
  private static final class Command {
    private final CompletableFuture<String> end = new CompletableFuture<>();
    private final CompletableFuture<ExecLimits.Share> share = new CompletableFuture<>();
    private final CompletableFuture<String> answer;

    Command(ExecLimits.Session session) {
      answer =
          session
              .run(
                  given -> {
                    share.complete(given);
                    return end;
                  })
              .toCompletableFuture();
    }

    boolean runs() {
      return share.isDone();
    }
  }

  private static List<Command> commands(ExecLimits.Session session, int count) {
    var commands = new ArrayList<Command>();
    for (var i = 0; i < count; i++) {
      commands.add(new Command(session));
    }
    return commands;
  }

  private static long running(List<Command> commands) {
    return commands.stream().filter(Command::runs).count();
  }

  @Test
  void aSessionRunsFourAtOnceAndTheOthersInTurn() {
    var commands = commands(limits.session(), 6);
    assertThat(running(commands)).isEqualTo(4);

    commands.get(2).end.complete("done");

    assertThat(commands.get(2).answer).isCompletedWithValue("done");
    assertThat(commands.get(4).runs()).isTrue();
    assertThat(commands.get(5).runs()).isFalse();
  }

  @Test
  void refusesWhatIsMoreThanMayWait() {
    var commands = commands(limits.session(), 37);

    assertThat(commands.get(35).answer).isNotDone();
    assertThat(commands.get(36).answer)
        .isCompletedExceptionally()
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withMessageContaining(
            "Too many commands at once in this session (at most 4 running and 32 waiting)");

    commands.forEach(command -> command.end.complete("done"));
    assertThat(commands.subList(0, 36)).allMatch(command -> command.answer.isDone());
    assertThat(limits.held()).isZero();
  }

  @Test
  void aFailedCommandGivesEverythingBack() {
    var session = limits.session();
    var commands = commands(session, 8);

    commands.forEach(command -> command.end.completeExceptionally(new IllegalStateException()));

    assertThat(commands).allMatch(command -> command.answer.isCompletedExceptionally());
    assertThat(limits.held()).isZero();
    assertThat(running(commands(session, 5))).isEqualTo(4);
  }

  @Test
  void eightPrintersHoldAllRoomAndTheNinthWaitsForOneToEnd() {
    var commands = commands(limits.session(), 4);
    commands.addAll(commands(limits.session(), 4));
    commands.forEach(c -> assertThat(c.share.join().take((int) ExecLimits.SHARE)).isTrue());
    var ninth = new Command(limits.session());
    assertThat(ninth.runs()).isFalse();

    commands.get(0).end.complete("done");

    assertThat(ninth.runs()).isTrue();
    assertThat(limits.held()).isEqualTo(ExecLimits.OUTPUT);
  }

  @Test
  void whatPrintsLittleDoesNotKeepOthersFromRunning() {
    var sleepers = new ArrayList<Command>();
    for (var i = 0; i < 3; i++) {
      sleepers.addAll(commands(limits.session(), 4));
    }
    var other = new Command(limits.session());

    await().until(() -> running(sleepers) == 12 && other.runs());
    await().until(() -> limits.held() == 0);

    assertThat(sleepers.get(0).share.join().take(1 << 20)).isTrue();
    assertThat(limits.held()).isEqualTo((1 << 20) - ExecLimits.LITTLE);
  }

  @Test
  void outputIsCutWhenThereIsNoRoomLeft() {
    var sessions = commands(limits.session(), 4);
    sessions.addAll(commands(limits.session(), 4));
    var share = sessions.get(0).share.join();

    assertThat(share.take((int) (ExecLimits.SHARE + ExecLimits.LITTLE + ExecLimits.MORE))).isTrue();
    assertThat(share.cut()).isFalse();
    assertThat(share.take(1)).isFalse();
    assertThat(share.cut()).isTrue();
  }
}
