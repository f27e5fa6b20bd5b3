package dev.ash.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real programs, and a node that takes their words when the test lets it. */
final class AgentProcessTest {
  @TempDir private Path folder;

  @Test
  void whatAProgramSaidLastIsPassedHoweverSlowlyItIsTaken() throws Exception {
    var heard = new Heard();
    var script = "sleep 300 & echo $!; head -c 50000 /dev/zero | tr '\\0' y";
    AgentProcess.start(
        new ProcessTree(),
        List.of("/bin/sh", "-c", script),
        Map.of("PATH", "/usr/bin:/bin"),
        folder,
        heard);
    var first = heard.first.poll(10, TimeUnit.SECONDS);
    assertThat(first).isNotNull();
    var leftBehind = Long.parseLong(first.lines().findFirst().orElseThrow());

    // What it left behind is killed after its own end: from then on its pipes are all that is left.
    await().until(() -> ProcessHandle.of(leftBehind).filter(ProcessHandle::isAlive).isEmpty());
    heard.takes.countDown();

    assertThat(heard.exits.poll(10, TimeUnit.SECONDS)).isZero();
    assertThat(heard.output.toString(StandardCharsets.UTF_8))
        .isEqualTo(leftBehind + "\n" + "y".repeat(50_000));
    assertThat(heard.logs).isEmpty();
  }

  private static final class Heard implements Agent.Outlet {
    private final BlockingQueue<String> first = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> logs = new LinkedBlockingQueue<>();
    private final BlockingQueue<Integer> exits = new LinkedBlockingQueue<>();
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final CountDownLatch takes = new CountDownLatch(1);

    @Override
    public void output(byte[] bytes, int from, int to) {
      output.write(bytes, from, to - from);
      first.add(output.toString(StandardCharsets.UTF_8));
      try {
        takes.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void log(String line) {
      logs.add(line);
    }

    @Override
    public void exited(int code) {
      exits.add(code);
    }
  }
}
