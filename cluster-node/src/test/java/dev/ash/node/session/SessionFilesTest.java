package dev.ash.node.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.session.SessionReply.FileDone;
import dev.ash.node.session.SessionReply.Refused;
import dev.ash.node.workspace.Workspaces;
import dev.ash.protocol.session.Rejection;
import java.lang.reflect.Proxy;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What is done with files when a sandbox starts meanwhile, over an entity that is a script. */
final class SessionFilesTest {
  private static final Refused BUSY = new Refused(new Rejection(Rejection.Code.BUSY, "meanwhile"));

  private final List<SessionCommand> asked = new ArrayList<>();

  @Test
  void asksAgainWhenTheSandboxHasStartedMeanwhile() {
    assertThat(delete(List.of(BUSY, BUSY, new FileDone())))
        .isEqualTo(new Sessions.Result.Ok<>("a.txt"));
    assertThat(asked).hasSize(3);
  }

  @Test
  void givesUpInTheEnd() {
    assertThat(delete(Collections.nCopies(20, BUSY)))
        .isEqualTo(new Sessions.Result.Refused<>(BUSY.why()));
    assertThat(asked).hasSize(5);
  }

  private Sessions.Result<String> delete(List<SessionReply> replies) {
    SessionEntities scripted =
        (_, command, _) -> {
          asked.add(commandOf(command));
          return CompletableFuture.completedFuture(replies.get(asked.size() - 1));
        };
    return new SessionFiles(scripted, untouched(), Runnable::run, InstantSource.system())
        .delete(Samples.ACME, Samples.ID, "a.txt")
        .toCompletableFuture()
        .join();
  }

  private static SessionCommand commandOf(
      org.apache.pekko.japi.function.Function<
              org.apache.pekko.actor.typed.ActorRef<SessionReply>, SessionCommand>
          command) {
    try {
      return command.apply(Samples.nobody());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** A live sandbox's files are not in the store. */
  private static Workspaces untouched() {
    return (Workspaces)
        Proxy.newProxyInstance(
            Workspaces.class.getClassLoader(),
            new Class<?>[] {Workspaces.class},
            (_, method, _) -> {
              throw new AssertionError(method);
            });
  }
}
