package dev.ash.node.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DiskWatchIT {
  private static final long MIB = 1 << 20;

  @TempDir Path temp;
  private final AtomicLong free = new AtomicLong(1000 * MIB);

  @BeforeEach
  void bubblewrap() {
    Fixture.assumeBubblewrap();
  }

  private LocalSandboxes open() throws IOException {
    var space =
        new DiskWatch.Space() {
          @Override
          public long free() {
            return free.get();
          }

          @Override
          public long total() {
            return 100_000 * MIB;
          }
        };
    var home = StandIn.home(temp);
    var config =
        Fixture.config(
            home,
            Map.of(
                "ash.sandbox.disk-size", "8MiB",
                "ash.sandbox.disk-check", "50ms",
                "ash.sandbox.disk-reserve", "100MiB"));
    return LocalSandboxes.open(
        temp.resolve("data"),
        config,
        Fixture.agent(),
        new SecureRandom(),
        Program.bridge(home, false),
        space);
  }

  private static Sandboxes.Exit end(Sandboxes.Sandbox sandbox) throws Exception {
    return sandbox.exit().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static void write(Sandboxes.Sandbox sandbox, String file, int mib) {
    StandIn.run(sandbox, "head -c %dM /dev/zero >%s".formatted(mib, file));
  }

  @Test
  void endsAWriterOverItsLimitAndLeavesItsNeighbourAlone() throws Exception {
    try (var sandboxes = open();
        var neighbour = sandboxes.start(Fixture.spec());
        var writer = sandboxes.start(Fixture.spec())) {
      write(neighbour, "some", 9);

      StandIn.run(
          writer,
          "(while :; do head -c 1M /dev/zero >>~/file || exit; sleep 0.01; done)"
              + " >/dev/null 2>&1 &");

      assertThat(end(writer).cause()).isEqualTo(Sandboxes.Cause.DISK_FULL);
      assertThat(StandIn.run(neighbour, "echo alive").output()).isEqualTo("alive");
    }
  }

  @Test
  void endsAWriterOfADeeperNestThanTheNodeWillCount() throws Exception {
    try (var sandboxes = open();
        var writer = sandboxes.start(Fixture.spec())) {
      StandIn.run(
          writer,
          "i=0; while [ $i -lt 140 ]; do mkdir d && cd d || exit; i=$((i+1)); done;"
              + " echo deep >file");

      assertThat(end(writer).cause()).isEqualTo(Sandboxes.Cause.DISK_FULL);
    }
  }

  @Test
  void doesNotCountWhatLinksPointTo() throws Exception {
    var large = Files.createDirectories(temp.resolve("large"));
    Files.write(large.resolve("file"), new byte[(int) (40 * MIB)]);
    try (var sandboxes = open();
        var sandbox = sandboxes.start(Fixture.spec());
        var after = sandboxes.start(Fixture.spec())) {
      StandIn.run(
          sandbox,
          "ln -s %s folder; ln -s %s/file file; ln -s / root; head -c 3M /dev/zero >a;"
                  .formatted(large, large)
              + " for i in 1 2 3 4 5; do ln a a$i; done");

      // a later writer is ended by the same rounds, so that this one has been looked at
      write(after, "much", 12);

      assertThat(end(after).cause()).isEqualTo(Sandboxes.Cause.DISK_FULL);
      assertThat(StandIn.run(sandbox, "echo alive").output()).isEqualTo("alive");
    }
  }

  @Test
  void startsNothingAndEndsTheLargestWhenTheDiskRunsLow() throws Exception {
    try (var sandboxes = open();
        var small = sandboxes.start(Fixture.spec());
        var medium = sandboxes.start(Fixture.spec());
        var large = sandboxes.start(Fixture.spec())) {
      write(small, "file", 3);
      write(medium, "file", 5);
      write(large, "file", 7);

      free.set(90 * MIB);

      assertThat(end(large).cause()).isEqualTo(Sandboxes.Cause.DISK_FULL);
      assertThatThrownBy(() -> sandboxes.start(Fixture.spec()))
          .isInstanceOf(SandboxException.class)
          .hasMessageContaining("90 MiB free (expected: at least 100 MiB");
      assertThat(end(medium).cause()).isEqualTo(Sandboxes.Cause.DISK_FULL);
      assertThat(StandIn.run(small, "echo alive").output()).isEqualTo("alive");

      free.set(1000 * MIB);
      sandboxes.start(Fixture.spec()).close();
    }
  }

  @Test
  void countsAFrozenSandboxByTheLastLookAtIt() throws Exception {
    try (var sandboxes = open();
        var frozen = sandboxes.start(Fixture.spec())) {
      write(frozen, "file", 6);
      await().pollDelay(Duration.ofMillis(300)).until(() -> true);
      frozen.freeze();

      free.set(MIB);

      assertThat(end(frozen).cause()).isEqualTo(Sandboxes.Cause.DISK_FULL);
    }
  }
}
