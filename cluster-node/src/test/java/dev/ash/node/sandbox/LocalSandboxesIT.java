package dev.ash.node.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LocalSandboxesIT {
  @TempDir static Path temp;

  private static Path folders;
  private static LocalSandboxes sandboxes;

  @BeforeAll
  static void open() throws IOException {
    Fixture.assumeBubblewrap();
    folders = temp.resolve("data/sandboxes");
    sandboxes =
        Fixture.open(
            temp.resolve("data"),
            StandIn.home(temp),
            Map.of("ash.sandbox.memory-mb", 256, "ash.sandbox.pids", 64));
  }

  @AfterAll
  static void close() throws IOException {
    if (sandboxes != null) {
      sandboxes.close();
    }
  }

  @Test
  void startsWithWhatPopulateWrote() throws Exception {
    var log = new CopyOnWriteArrayList<String>();
    var spec =
        Fixture.spec(
            (workspace, home, _) -> {
              Files.writeString(workspace.resolve("CLAUDE.md"), "be kind\n");
              Files.writeString(home.resolve(".gitconfig"), "[user]\n");
            },
            log::add);

    try (var sandbox = sandboxes.start(spec)) {
      assertThat(StandIn.run(sandbox, "pwd; cat CLAUDE.md ~/.gitconfig; id -un; hostname").lines())
          .containsExactly("/workspace", "be kind", "[user]", "agent", "sandbox");
      assertThat(StandIn.run(sandbox, "echo more >>CLAUDE.md && cat CLAUDE.md").lines())
          .containsExactly("be kind", "more");
      await().untilAsserted(() -> assertThat(log).contains("stand-in says hello"));
      assertThat(sandbox.timing().ready()).isPositive();
    }
  }

  @Test
  void isCheckedByTryingToEscape() throws Exception {
    sandboxes.start(Fixture.spec()).close();

    var isolation = sandboxes.isolation();

    assertThat(isolation.level()).isEqualTo("bwrap");
    assertThat(isolation.checks()).hasSizeGreaterThan(40).doesNotContainValue(false);
    assertThat(isolation.limits()).containsKeys("memory", "processes", "cpu");
  }

  @Test
  void hasNoEnvironmentButItsOwn() throws Exception {
    try (var sandbox = sandboxes.start(Fixture.spec())) {
      assertThat(StandIn.run(sandbox, "env | cut -d= -f1 | sort").lines())
          .containsExactly("HOME", "LANG", "PATH", "PWD", "SHELL", "TMPDIR", "USER");
    }
  }

  @Test
  void tellsItsTokenToNobody() throws Exception {
    try (var sandbox = sandboxes.start(Fixture.spec())) {
      var pid = ((RunningSandbox) sandbox).process().pid();

      var told =
          ProcessHandle.of(pid).stream()
              .flatMap(p -> Stream.concat(Stream.of(p), p.descendants()))
              .map(p -> read(p, "cmdline") + read(p, "environ"))
              .toList();

      assertThat(told).hasSizeGreaterThan(2);
      assertThat(told).noneMatch(t -> t.contains(sandbox.bridgeToken()));
      assertThat(told).noneMatch(t -> t.contains(folders.toString()));
      assertThat(sandbox.toString()).doesNotContain(sandbox.bridgeToken());
      assertThat(StandIn.run(sandbox, "tr '\\0' ' ' </proc/1/cmdline").output())
          .doesNotContain(temp.toString());
    }
  }

  private static String read(ProcessHandle process, String file) {
    try {
      return Files.readString(
          Path.of("/proc", Long.toString(process.pid()), file), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }

  @Test
  void runsAsAUserOfItsOwn() throws Exception {
    assumeTrue(Fixture.root(), "needs root");
    try (var one = sandboxes.start(Fixture.spec());
        var other = sandboxes.start(Fixture.spec())) {
      var users =
          Stream.of(one, other)
              .map(s -> owner(Path.of("/proc", "" + ((RunningSandbox) s).process().pid())))
              .toList();

      assertThat(users).doesNotHaveDuplicates().allMatch(u -> u >= 200_000);
      assertThat(owner(folders.resolve(one.id()).resolve("workspace"))).isEqualTo(users.getFirst());
    }
  }

  private static int owner(Path path) {
    try {
      return (Integer) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void reachesHostSockets() throws Exception {
    var closed = new AtomicBoolean();
    var spec =
        new Sandboxes.Spec(
            UUID.randomUUID().toString(),
            (_, _, _) -> {},
            directory -> {
              var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
              server.bind(UnixDomainSocketAddress.of(directory.resolve("model.sock")));
              return () -> {
                closed.set(true);
                server.close();
              };
            },
            _ -> {});

    var sandbox = sandboxes.start(spec);
    try {
      assertThat(
              StandIn.run(sandbox, "test -S /run/host/model.sock && test -w /run/host/model.sock")
                  .code())
          .isZero();
    } finally {
      sandbox.close();
    }

    assertThat(closed).isTrue();
  }

  @Test
  void keepsItsSocketWhenTheAgentPutsALinkInItsPlace() throws Exception {
    try (var sandbox = sandboxes.start(Fixture.spec())) {
      StandIn.run(sandbox, "ln -sf /var/run/docker.sock /run/host/bridge.sock");

      assertThat(StandIn.run(sandbox, "readlink /run/host/bridge.sock").output())
          .isEqualTo("/var/run/docker.sock");
    }
  }

  @Test
  void stopsAForkBomb() throws Exception {
    try (var sandbox = sandboxes.start(Fixture.spec())) {
      StandIn.run(
          sandbox,
          "(i=0; while [ $i -lt 200 ]; do sleep 20 & i=$((i+1)); done; echo all) >bomb 2>&1 &");

      var bomb = folders.resolve(sandbox.id()).resolve("workspace/bomb");
      await().untilAsserted(() -> assertThat(bomb).content().contains("fork"));
      assertThat(bomb).content().doesNotContain("all");
    }
  }

  @Test
  void killsAMemoryBombInsideAndTellsOfIt() throws Exception {
    var sandbox = sandboxes.start(Fixture.spec());
    try {
      var ran =
          StandIn.run(
              sandbox,
              "(cat /dev/zero | tr '\\0' x | dd bs=400M count=1 iflag=fullblock of=/dev/null)"
                  + " 2>&1; echo $?");
      assertThat(ran.output()).containsAnyOf("137", "Killed");
      assertThat(StandIn.run(sandbox, "echo alive").output()).isEqualTo("alive");
    } finally {
      sandbox.close();
    }

    assertThat(sandbox.exit().toCompletableFuture().get(5, TimeUnit.SECONDS).cause())
        .isEqualTo(Sandboxes.Cause.OUT_OF_MEMORY);
  }

  @Test
  void doesNothingWhileFrozen() throws Exception {
    try (var sandbox = sandboxes.start(Fixture.spec())) {
      StandIn.run(sandbox, "(while :; do echo x >>ticks; sleep 0.01; done) >/dev/null 2>&1 &");
      var ticks = folders.resolve(sandbox.id()).resolve("workspace/ticks");
      await().until(() -> Files.exists(ticks) && Files.size(ticks) > 10);

      sandbox.freeze();
      await().pollInterval(150, TimeUnit.MILLISECONDS).until(new Unchanged(ticks)::seen);
      sandbox.thaw();

      var size = Files.size(ticks);
      await().until(() -> Files.size(ticks) > size);
    }
  }

  /** Whether a file had the same size the last time it was looked at. */
  private static final class Unchanged {
    private final Path file;
    private long last = -1;

    Unchanged(Path file) {
      this.file = file;
    }

    boolean seen() throws IOException {
      var size = Files.size(file);
      var same = size == last;
      last = size;
      return same;
    }
  }

  @Test
  void leavesNothingBehind() throws Exception {
    var sandbox = sandboxes.start(Fixture.spec());
    StandIn.run(sandbox, "setsid sleep 1000 >/dev/null 2>&1 &");
    var pid = ((RunningSandbox) sandbox).process().pid();
    var all = ProcessHandle.of(pid).orElseThrow().descendants().toList();
    assertThat(all).hasSizeGreaterThan(2);

    sandbox.close();
    sandbox.close();

    assertThat(all).noneMatch(ProcessHandle::isAlive);
    assertThat(folders.resolve(sandbox.id())).doesNotExist();
    assertThat(sandbox.exit().toCompletableFuture()).isCompleted();
    assertThat(cgroups(sandbox.id())).isEmpty();
  }

  /** Those of this name; others come and go meanwhile. */
  private static List<Path> cgroups(String name) throws IOException {
    var found = new ArrayList<Path>();
    Files.walkFileTree(
        Path.of("/sys/fs/cgroup"),
        Set.of(),
        8,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            if (folder.endsWith(name)) {
              found.add(folder);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException cause) {
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException cause) {
            return FileVisitResult.CONTINUE;
          }
        });
    return found;
  }

  @Test
  void tellsWhenItEndsByItself() throws Exception {
    try (var sandbox = sandboxes.start(Fixture.spec())) {
      StandIn.run(sandbox, "kill -9 $PPID");

      var exit = sandbox.exit().toCompletableFuture().get(5, TimeUnit.SECONDS);

      assertThat(exit.code()).isEqualTo(137);
      assertThat(exit.cause()).isEqualTo(Sandboxes.Cause.ENDED);
    }
  }

  @Test
  void followsNoLinkWhenItGivesOrDeletes() throws Exception {
    var outside = Files.createDirectories(temp.resolve("outside"));
    var precious = Files.writeString(outside.resolve("precious"), "keep");
    var spec =
        Fixture.spec(
            (workspace, _, _) -> {
              Files.createSymbolicLink(workspace.resolve("folder"), outside);
              Files.createSymbolicLink(workspace.resolve("file"), precious);
            },
            _ -> {});

    try (var sandbox = sandboxes.start(spec)) {
      StandIn.run(sandbox, "ln -s " + outside + " /home/agent/again");
    }

    assertThat(precious).hasContent("keep");
    assertThat(owner(precious)).isEqualTo(owner(temp));
    assertThat(owner(outside)).isEqualTo(owner(temp));
  }

  @Test
  void deletesANestDeeperThanAnyPath() throws Exception {
    var sandbox = sandboxes.start(Fixture.spec());
    var ran =
        StandIn.run(
            sandbox,
            "d=$(printf '%0200d' 0); i=0; while [ $i -lt 60 ]; do mkdir $d && cd -P $d || exit 1;"
                + " i=$((i+1)); done; touch end; chmod 0 .");
    assertThat(ran.code()).as(ran.output()).isZero();

    sandbox.close();

    assertThat(folders.resolve(sandbox.id())).doesNotExist();
  }

  @Test
  void undoesEverythingWhenPopulateFails() throws Exception {
    var spec =
        Fixture.spec(
            (workspace, _, _) -> {
              Files.writeString(workspace.resolve("half"), "half");
              throw new IOException("no space left");
            },
            _ -> {});

    assertThatThrownBy(() -> sandboxes.start(spec))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("no space left");

    assertThat(folders.resolve(spec.id())).doesNotExist();
    sandboxes.start(new Sandboxes.Spec(spec.id(), (_, _, _) -> {}, _ -> () -> {}, _ -> {})).close();
  }

  @Test
  void refusesASecondOneOfTheSameName() throws Exception {
    try (var sandbox = sandboxes.start(Fixture.spec())) {
      var again = new Sandboxes.Spec(sandbox.id(), (_, _, _) -> {}, _ -> () -> {}, _ -> {});

      assertThatThrownBy(() -> sandboxes.start(again)).hasMessageContaining("one already");

      assertThat(StandIn.run(sandbox, "echo alive").output()).isEqualTo("alive");
    }
  }

  @Test
  void refusesNamesThatAreNoIds() {
    var spec = new Sandboxes.Spec("../other", (_, _, _) -> {}, _ -> () -> {}, _ -> {});

    assertThatThrownBy(() -> sandboxes.start(spec)).hasMessage("Invalid sandbox ID: ../other");
  }

  @Test
  void refusesADataFolderThatIsInUse() {
    assertThatThrownBy(() -> Fixture.open(temp.resolve("data"), temp, Map.of()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("another node uses the data folder");
  }
}
