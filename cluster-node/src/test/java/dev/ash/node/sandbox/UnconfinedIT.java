package dev.ash.node.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UnconfinedIT {
  private static final Map<String, ?> NONE = Map.of("ash.sandbox.isolation", "none");

  @TempDir Path temp;

  @Test
  void runsAPlainProcessWithLimits() throws Exception {
    Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxr-xr-x"));
    try (var sandboxes = Fixture.open(temp.resolve("data"), StandIn.home(temp), NONE)) {
      var sandbox = sandboxes.start(Fixture.spec());

      assertThat(StandIn.run(sandbox, "pwd").output())
          .isEqualTo(
              temp.toRealPath()
                  .resolve("data/sandboxes/" + sandbox.id() + "/workspace")
                  .toString());
      assertThat(StandIn.run(sandbox, "ulimit -c; ulimit -n").lines())
          .isEqualTo(List.of("0", "4096"));
      assertThat(
              StandIn.run(sandbox, "env | cut -d= -f1 | grep -Evx 'SHLVL|_|OLDPWD' | sort").lines())
          .containsExactly("HOME", "LANG", "PATH", "PWD", "SHELL", "TMPDIR", "USER");
      if (Fixture.root()) {
        assertThat(Integer.parseInt(StandIn.run(sandbox, "id -u").output()))
            .isGreaterThanOrEqualTo(200_000);
      }
      assertThat(sandboxes.isolation().level()).isEqualTo("none");
      assertThat(sandboxes.isolation().checks()).isEmpty();

      StandIn.run(sandbox, "setsid sleep 1000 >/dev/null 2>&1 &");
      var all =
          ProcessHandle.of(((RunningSandbox) sandbox).process().pid())
              .orElseThrow()
              .descendants()
              .toList();
      sandbox.close();
      assertThat(all).noneMatch(ProcessHandle::isAlive);
      assertThat(temp.resolve("data/sandboxes").resolve(sandbox.id())).doesNotExist();
    }
  }

  @Test
  void anErrorWhileItIsFilledLeavesNothingBehind() throws Exception {
    try (var sandboxes = Fixture.open(temp.resolve("data"), StandIn.home(temp), NONE)) {
      var broken =
          Fixture.spec(
              (_, _, _) -> {
                throw new InternalError("no thread to spare");
              },
              _ -> {});
      assertThatThrownBy(() -> sandboxes.start(broken)).isInstanceOf(InternalError.class);
      assertThat(temp.resolve("data/sandboxes").resolve(broken.id())).doesNotExist();

      var whole = new Sandboxes.Spec(broken.id(), (_, _, _) -> {}, _ -> () -> {}, _ -> {});
      try (var sandbox = sandboxes.start(whole)) {
        assertThat(StandIn.run(sandbox, "echo there").output()).isEqualTo("there");
      }
    }
  }

  @Test
  void staysWithTheNodesUserWhereNoOtherCanReachTheFolder() throws Exception {
    try (var sandboxes = Fixture.open(temp.resolve("data"), StandIn.home(temp), NONE);
        var sandbox = sandboxes.start(Fixture.spec())) {
      assertThat(StandIn.run(sandbox, "touch file && echo written").output()).isEqualTo("written");
    }
  }
}
