package dev.ash.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ash.protocol.bridge.BridgeFrame;
import dev.ash.protocol.bridge.FrameCodec;
import dev.ash.protocol.bridge.FrameReader;
import dev.ash.protocol.bridge.NodeFrame;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real shells, and a node that is there to read. */
@Timeout(60)
final class CommandsTest {
  private static final Map<String, String> PATH = Map.of("PATH", "/usr/bin:/bin");

  @TempDir private Path workspace;
  private ProcessTree tree;
  private Commands commands;

  /** What the node heard of a command. */
  private record Heard(String out, String err, int code, boolean timedOut) {}

  @BeforeEach
  void start() {
    tree = new ProcessTree();
    commands = new Commands(tree, workspace);
  }

  @AfterEach
  void end() {
    tree.killAll();
  }

  @Test
  void tellsBothOutputsAndTheCode() throws Exception {
    assertThat(run("echo out; echo err >&2; exit 7"))
        .isEqualTo(new Heard("out\n", "err\n", 7, false));
    assertThat(run("printf 'no line' >&2")).isEqualTo(new Heard("", "no line", 0, false));
    assertThat(run("kill -9 $$")).isEqualTo(new Heard("", "", 137, false));
  }

  @Test
  void aCommandReadsNothingAndKeepsItsOwnQuotes() throws Exception {
    assertThat(run("read -r line || echo \"it's nothing: $0 $#\""))
        .isEqualTo(new Heard("it's nothing: /bin/sh 0\n", "", 0, false));
  }

  @Test
  void whatStaysInTheBackgroundMayGoOnWriting() throws Exception {
    var heard =
        run(
            "(for i in 1 2 3 4 5 6 7 8; do sleep 0.1; echo tick; echo tock >&2; done; touch whole) &"
                + " echo started");

    assertThat(heard.out()).contains("started\n");
    assertThat(heard.code()).isZero();
    await().atMost(Duration.ofSeconds(20)).until(() -> Files.exists(workspace.resolve("whole")));
    // Nobody holds pipes any more, so the shell around the command has gone as well.
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> ProcessHandle.current().children().findAny().isEmpty());
  }

  @Test
  void aCommandThatTakesTheShellAroundItWithItHasEnded() throws Exception {
    assertThat(run("kill -TERM 0; sleep 30").code()).isEqualTo(143);
  }

  @Test
  void whatIsNotOverInTimeIsKilledAndWhatItSaidIsTold() throws Exception {
    var heard = run("echo begun; sleep 300 & echo $! > pid; wait", Duration.ofSeconds(5));

    assertThat(heard).isEqualTo(new Heard("begun\n", "", 1, true));
    var child = Long.parseLong(Files.readString(workspace.resolve("pid")).strip());
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> ProcessHandle.of(child).filter(ProcessHandle::isAlive).isEmpty());
  }

  private Heard run(String command) throws Exception {
    return run(command, Duration.ofSeconds(30));
  }

  private Heard run(String command, Duration timeout) throws Exception {
    var bytes = new ByteArrayOutputStream();
    var outbox = new Outbox(Channels.newChannel(bytes));
    var writer = Thread.ofPlatform().start(outbox::run);
    var exec = new NodeFrame.Exec(1, command, timeout.toMillis(), PATH, 1 << 20);
    commands.run(exec, outbox);
    outbox.close();
    writer.join();

    var reader =
        new FrameReader(Channels.newChannel(new ByteArrayInputStream(bytes.toByteArray())));
    var out = new StringBuilder();
    var err = new StringBuilder();
    while (true) {
      var line = reader.next();
      if (line == null) {
        throw new AssertionError("no result; out: " + out + " err: " + err);
      }
      switch (FrameCodec.decodeBridgeFrame(line)) {
        case BridgeFrame.Output part ->
            (part.stream() == BridgeFrame.Stream.STDOUT ? out : err)
                .append(StandardCharsets.UTF_8.decode(part.data()));
        case BridgeFrame.ExecResult result -> {
          return new Heard(out.toString(), err.toString(), result.code(), result.timedOut());
        }
        case BridgeFrame other -> throw new AssertionError("no frame of a command: " + other);
      }
    }
  }
}
