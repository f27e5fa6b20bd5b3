package dev.ash.node.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.ash.protocol.bridge.BridgeFrame;
import dev.ash.protocol.bridge.FrameCodec;
import dev.ash.protocol.bridge.FrameException;
import dev.ash.protocol.bridge.FrameLimits;
import dev.ash.protocol.bridge.FrameReader;
import dev.ash.protocol.bridge.NodeFrame;
import dev.ash.protocol.id.Digest;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both ends together, over a real socket to a real process. */
final class BridgeIT {
  private static final Map<String, String> PATH = Map.of("PATH", "/usr/bin:/bin");

  @TempDir Path folder;
  private RunningBridge process;
  private final Heard heard = new Heard();

  @BeforeEach
  void start() throws IOException {
    process = RunningBridge.start(folder);
  }

  @AfterEach
  void stop() {
    process.close();
  }

  private Bridge connect() throws Exception {
    return connect(1, heard, Duration.ofSeconds(30));
  }

  private Bridge connect(long epoch, Heard listener, Duration lease) throws Exception {
    return bridges(lease).connect(process.socket(), RunningBridge.TOKEN, epoch, listener);
  }

  private static Bridges bridges(Duration lease) {
    return new UnixBridges(
        new UnixBridges.Settings(
            lease, Duration.ofSeconds(20), List.of(".git", "node_modules"), List.of(".cache")));
  }

  @Test
  void runsACommandAndTellsItsEnd() throws Exception {
    try (var bridge = connect()) {
      var result = exec(bridge, "echo out; echo ü >&2; pwd; exit 3", Duration.ofSeconds(10));
      assertThat(result.exitCode()).isEqualTo(3);
      assertThat(result.stdout()).isEqualTo("out\n" + process.workspace() + "\n");
      assertThat(result.stderr()).isEqualTo("ü\n");
      assertThat(result.timedOut()).isFalse();
    }
  }

  @Test
  void givesACommandNothingButItsEnvironment() throws Exception {
    try (var bridge = connect()) {
      var exec =
          new Bridge.Exec("/usr/bin/env", Duration.ofSeconds(10), Map.of("ONLY", "this"), 1000);
      var lines = get(bridge.exec(exec)).stdout().lines().toList();
      assertThat(lines).contains("ONLY=this").noneMatch(line -> line.startsWith("HOME="));
    }
  }

  @Test
  void cutsACommandsOutputAtItsBound() throws Exception {
    try (var bridge = connect()) {
      var exec = new Bridge.Exec("yes | head -c 3000000", Duration.ofSeconds(20), PATH, 1_000_000);
      assertThat(get(bridge.exec(exec)).stdout()).hasSize(1_000_000);
    }
  }

  @Test
  void killsACommandsGrandchildrenWhenItsTimeIsOver() throws Exception {
    try (var bridge = connect()) {
      var command = "sh -c 'sleep 321 & echo $! > pid; wait' & (sleep 322 & echo $! > pid2) & wait";
      var result = exec(bridge, command, Duration.ofSeconds(2));
      assertThat(result.timedOut()).isTrue();
      assertThat(result.exitCode()).isEqualTo(1);
      for (var name : List.of("pid", "pid2")) {
        var pid = Long.parseLong(Files.readString(process.workspace().resolve(name)).strip());
        await().until(() -> ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty());
      }
    }
  }

  @Test
  void aCommandIsOverWithItsShellEvenIfAProgramStaysBehind() throws Exception {
    try (var bridge = connect()) {
      var result = exec(bridge, "sleep 300 & echo started", Duration.ofSeconds(15));
      assertThat(result).isEqualTo(new Bridge.ExecResult(0, "started\n", "", false));
    }
  }

  @Test
  void writesInPartsReadsInPartsAndDeletes() throws Exception {
    try (var bridge = connect()) {
      var content = new byte[700_000];
      for (int i = 0; i < content.length; i++) {
        content[i] = (byte) (i * 31);
      }
      get(bridge.write("a/b/c.bin", 0, ByteString.fromArray(content, 0, 400_000), false));
      assertThat(process.workspace().resolve("a/b/c.bin")).doesNotExist();
      get(
          bridge.write(
              "a/b/c.bin", 400_000, ByteString.fromArray(content, 400_000, 300_000), true));
      assertThat(Files.readAllBytes(process.workspace().resolve("a/b/c.bin"))).isEqualTo(content);

      var read = ByteString.emptyByteString();
      Bridge.Chunk chunk;
      do {
        chunk = get(bridge.read("a/b/c.bin", read.size(), 1 << 30));
        assertThat(chunk.size()).isEqualTo(content.length);
        read = read.concat(chunk.bytes());
      } while (!chunk.last());
      assertThat(read).isEqualTo(ByteString.fromArray(content));

      get(bridge.delete("a/b/c.bin"));
      assertThat(process.workspace().resolve("a/b/c.bin")).doesNotExist();
      assertThat(kind(bridge.read("a/b/c.bin", 0, 1))).isEqualTo(BridgeException.Kind.NOT_FOUND);
    }
  }

  @Test
  void listsFilesFoldersAndLinksInOrderWithDigests() throws Exception {
    var workspace = process.workspace();
    Files.createDirectories(workspace.resolve("d"));
    Files.createDirectories(workspace.resolve("node_modules/x"));
    Files.createDirectories(workspace.resolve(".cache"));
    Files.writeString(workspace.resolve("d/f.txt"), "hello");
    Files.writeString(workspace.resolve("d-a"), "");
    Files.createSymbolicLink(workspace.resolve("l"), Path.of("/etc/passwd"));
    Files.createSymbolicLink(workspace.resolve("loop"), Path.of("."));
    try (var bridge = connect()) {
      var listing = get(bridge.list(true));
      assertThat(listing.truncated()).isFalse();
      assertThat(listing.entries())
          .extracting(Bridge.Entry::path)
          .containsExactly("d", "d-a", "d/f.txt", "l", "loop");
      var file = listing.entries().get(2);
      assertThat(file.kind()).isEqualTo(Bridge.Kind.FILE);
      assertThat(file.size()).isEqualTo(5);
      assertThat(file.digest()).contains(Digest.of("hello".getBytes(StandardCharsets.UTF_8)).hex());
      assertThat(listing.entries().get(3).target()).contains("/etc/passwd");
      assertThat(get(bridge.list(false)).entries())
          .extracting(Bridge.Entry::path)
          .contains(".cache")
          .doesNotContain("node_modules");
    }
  }

  @Test
  void aDigestFollowsAChangeThatKeepsSizeAndTime() throws Exception {
    var file = process.workspace().resolve("f");
    Files.writeString(file, "one");
    var time = Files.getLastModifiedTime(file);
    try (var bridge = connect()) {
      var before = get(bridge.list(true)).entries().getFirst().digest();
      Files.writeString(file, "two");
      Files.setLastModifiedTime(file, time);
      assertThat(get(bridge.list(true)).entries().getFirst().digest()).isNotEqualTo(before);
    }
  }

  @Test
  void neverBlocksOnPipesAndNeverLeavesTheWorkspace() throws Exception {
    var workspace = process.workspace();
    Files.writeString(folder.resolve("secret"), "secret");
    try (var bridge = connect()) {
      exec(bridge, "mkfifo fifo; ln -s fifo to-fifo; mkdir d", Duration.ofSeconds(10));
      Files.createSymbolicLink(workspace.resolve("up"), Path.of(".."));
      Files.createSymbolicLink(workspace.resolve("out"), folder.resolve("secret"));
      Files.createSymbolicLink(workspace.resolve("in"), Path.of("d/../real"));
      Files.createSymbolicLink(workspace.resolve("self"), Path.of("self"));
      Files.writeString(workspace.resolve("real"), "real");
      for (var path : List.of("fifo", "to-fifo", "d")) {
        assertThat(kind(bridge.read(path, 0, 10))).isEqualTo(BridgeException.Kind.NOT_A_FILE);
        assertThat(kind(bridge.write(path, 0, ByteString.fromString("x"), true)))
            .isEqualTo(BridgeException.Kind.NOT_A_FILE);
      }
      for (var path :
          List.of("../secret", "up/secret", "out", "/etc/passwd", "d/../../x", "self")) {
        assertThat(kind(bridge.read(path, 0, 10))).isEqualTo(BridgeException.Kind.OUTSIDE);
        assertThat(kind(bridge.write(path, 0, ByteString.fromString("x"), true)))
            .isEqualTo(BridgeException.Kind.OUTSIDE);
      }
      assertThat(get(bridge.read("in", 0, 10)).bytes().utf8String()).isEqualTo("real");
      get(bridge.delete("out"));
      assertThat(folder.resolve("secret")).hasContent("secret");
      assertThat(get(bridge.list(true)).entries())
          .extracting(Bridge.Entry::path)
          .doesNotContain("fifo");
    }
  }

  @Test
  void readsTheEndOfAHugeSparseFileAndGivesItNoDigest() throws Exception {
    try (var sparse = new RandomAccessFile(process.workspace().resolve("huge").toFile(), "rw")) {
      sparse.setLength(1L << 40);
    }
    try (var bridge = connect()) {
      var end = get(bridge.read("huge", (1L << 40) - 3, 1000));
      assertThat(end.bytes().size()).isEqualTo(3);
      assertThat(end.last()).isTrue();
      assertThat(get(bridge.list(true)).entries().getFirst().digest()).isEmpty();
    }
  }

  @Test
  void leavesOutNamesThatAreNoText() throws Exception {
    try (var bridge = connect()) {
      exec(
          bridge,
          "touch \"$(printf 'a\\nb')\" \"$(printf 'x\\377y')\" good",
          Duration.ofSeconds(10));
      assertThat(get(bridge.list(false)).entries())
          .extracting(Bridge.Entry::path)
          .containsExactly("good");
    }
  }

  @Test
  void passesAnAgentsLinesBothWays() throws Exception {
    try (var bridge = connect()) {
      get(bridge.startAgent(new Bridge.Agent.Program(List.of("/bin/cat"), PATH)));
      var large = "ü😀\u0001\"".repeat(300_000);
      get(bridge.tellAgent("first"));
      get(bridge.tellAgent(large));
      get(bridge.tellAgent(""));
      get(bridge.tellAgent("last"));
      assertThat(heard.line()).isEqualTo("first");
      assertThat(heard.line().equals(large)).isTrue();
      assertThat(heard.line()).isEmpty();
      assertThat(heard.line()).isEqualTo("last");
      get(bridge.stopAgent(Duration.ofSeconds(10)));
      assertThat(heard.exited.get(10, TimeUnit.SECONDS)).isZero();
      assertThat(kind(bridge.tellAgent("x"))).isEqualTo(BridgeException.Kind.INVALID);
    }
  }

  @Test
  void dropsALineThatIsTooLongAndGoesOn() throws Exception {
    try (var bridge = connect()) {
      var command =
          "head -c "
              + (FrameLimits.AGENT_LINE + 100_000)
              + " /dev/zero | tr '\\0' x; echo; echo ok";
      get(bridge.startAgent(new Bridge.Agent.Program(List.of("/bin/sh", "-c", command), PATH)));
      assertThat(heard.line()).isEqualTo("ok");
      assertThat(heard.logs).anyMatch(log -> log.contains("dropped"));
    }
  }

  @Test
  void tellsAnAgentsLogAndEnd() throws Exception {
    try (var bridge = connect()) {
      get(
          bridge.startAgent(
              new Bridge.Agent.Program(
                  List.of("/bin/sh", "-c", "echo oops >&2; kill -9 $$"), PATH)));
      assertThat(heard.exited.get(10, TimeUnit.SECONDS)).isEqualTo(137);
      assertThat(heard.logs).contains("oops");
    }
  }

  @Test
  void killsAnAgentThatDoesNotEndByItself() throws Exception {
    try (var bridge = connect()) {
      var deaf = List.of("/bin/sh", "-c", "trap '' TERM; sleep 400 & echo $!; wait");
      get(bridge.startAgent(new Bridge.Agent.Program(deaf, PATH)));
      long child = Long.parseLong(heard.line());
      get(bridge.stopAgent(Duration.ofMillis(200)));
      assertThat(heard.exited.get(10, TimeUnit.SECONDS)).isEqualTo(137);
      await().until(() -> ProcessHandle.of(child).filter(ProcessHandle::isAlive).isEmpty());
    }
  }

  @Test
  void refusesASecondAgentAndAMissingProgram() throws Exception {
    try (var bridge = connect()) {
      assertThat(kind(bridge.startAgent(new Bridge.Agent.Program(List.of("/no/such"), PATH))))
          .isEqualTo(BridgeException.Kind.NOT_FOUND);
      get(bridge.startAgent(new Bridge.Agent.Mock("s")));
      assertThat(kind(bridge.startAgent(new Bridge.Agent.Mock("s"))))
          .isEqualTo(BridgeException.Kind.INVALID);
    }
  }

  @Test
  void answersOfManyRequestsDoNotMixWithAnAgentsLines() throws Exception {
    try (var bridge = connect()) {
      var agent =
          List.of("/bin/sh", "-c", "i=0; while [ $i -lt 2000 ]; do echo line-$i; i=$((i+1)); done");
      get(bridge.startAgent(new Bridge.Agent.Program(agent, PATH)));
      var results = new ArrayList<CompletionStage<Bridge.ExecResult>>();
      for (int i = 0; i < 12; i++) {
        results.add(
            bridge.exec(
                new Bridge.Exec(
                    "yes " + i + " | head -c 200000", Duration.ofSeconds(20), PATH, 1 << 20)));
      }
      for (int i = 0; i < 12; i++) {
        var name = Integer.toString(i);
        assertThat(get(results.get(i)).stdout().lines().limit(100).distinct())
            .containsExactly(name);
      }
      for (int i = 0; i < 2000; i++) {
        assertThat(heard.line()).isEqualTo("line-" + i);
      }
    }
  }

  @Test
  void manyLargeOutputsAtOnceDoNotBreakTheBridgesHeap() throws Exception {
    try (var bridge = connect()) {
      var exec =
          new Bridge.Exec("head -c 10000000 /dev/zero", Duration.ofSeconds(60), PATH, 10 << 20);
      for (var round = 0; round < 2; round++) {
        var results = new ArrayList<CompletionStage<Bridge.ExecResult>>();
        for (var i = 0; i < 8; i++) {
          results.add(bridge.exec(exec));
        }
        for (var result : results) {
          assertThat(get(result).stdout().length()).isEqualTo(10_000_000);
        }
      }
      assertThat(exec(bridge, "echo fine", Duration.ofSeconds(10)).stdout()).isEqualTo("fine\n");
    }
  }

  @Test
  void dropsOutputThatThereIsNoRoomFor() throws Exception {
    try (var bridge = connect()) {
      var left = new AtomicInteger(100_000);
      var exec =
          new Bridge.Exec(
              "head -c 1000000 /dev/zero; exit 3",
              Duration.ofSeconds(20),
              PATH,
              1 << 20,
              bytes -> left.addAndGet(-bytes) >= 0);

      var result = get(bridge.exec(exec));

      assertThat(result.exitCode()).isEqualTo(3);
      assertThat(result.stdout().length()).isBetween(1, 100_000);
    }
  }

  @Test
  void refusesAWrongToken() {
    assertThatThrownBy(
            () -> bridges(Duration.ofSeconds(9)).connect(process.socket(), "wrong", 1, heard))
        .isInstanceOfSatisfying(
            BridgeException.class,
            e -> assertThat(e.kind()).isEqualTo(BridgeException.Kind.INVALID))
        .hasMessageContaining("wrong token");
  }

  @Test
  void aNewerOwnerTakesOverWithTheAgentAndAnOlderIsRefused() throws Exception {
    var older = connect(5, heard, Duration.ofSeconds(30));
    get(older.startAgent(new Bridge.Agent.Program(List.of("/bin/cat"), PATH)));
    var heardByNewer = new Heard();
    try (var newer = connect(6, heardByNewer, Duration.ofSeconds(30))) {
      assertThat(heard.closed.get(10, TimeUnit.SECONDS)).isNotEmpty();
      assertThat(kind(older.tellAgent("x"))).isEqualTo(BridgeException.Kind.GONE);
      get(newer.tellAgent("still here"));
      assertThat(heardByNewer.line()).isEqualTo("still here");
      assertThatThrownBy(() -> connect(5, new Heard(), Duration.ofSeconds(30)))
          .isInstanceOf(BridgeException.class);
    }
  }

  @Test
  void endsWithEverythingWhenItsOwnerLeaves() throws Exception {
    var bridge = connect();
    get(
        bridge.startAgent(
            new Bridge.Agent.Program(List.of("/bin/sh", "-c", "echo $$; sleep 500"), PATH)));
    exec(bridge, "sleep 501 & echo $! > left", Duration.ofSeconds(10));
    long agent = Long.parseLong(heard.line());
    long left = Long.parseLong(Files.readString(process.workspace().resolve("left")).strip());
    bridge.close();
    assertThat(process.awaitExit()).isZero();
    assertThat(heard.closed.get(10, TimeUnit.SECONDS)).isEqualTo("closed by its owner");
    await().until(() -> ProcessHandle.of(agent).filter(ProcessHandle::isAlive).isEmpty());
    await().until(() -> ProcessHandle.of(left).filter(ProcessHandle::isAlive).isEmpty());
    assertThat(process.socket()).doesNotExist();
  }

  @Test
  void livesOnAsLongAsItsLeaseIsRenewed() throws Exception {
    try (var bridge = connect(1, heard, Duration.ofMillis(1500))) {
      var result = exec(bridge, "sleep 4; echo alive", Duration.ofSeconds(15));
      assertThat(result.stdout()).isEqualTo("alive\n");
    }
  }

  @Test
  void endsWithItsChildrenWhenItsLeaseIsNotRenewed() throws Exception {
    try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(process.socket()))) {
      var reader = new FrameReader(channel);
      tell(channel, new NodeFrame.Hello(RunningBridge.TOKEN, 1, 2000));
      assertThat(hear(reader)).isInstanceOf(BridgeFrame.Ready.class);
      tell(
          channel,
          new NodeFrame.StartProgram(
              1, List.of("/bin/sh", "-c", "sleep 600 & echo $!; wait"), PATH));
      var line = hear(reader);
      while (!(line instanceof BridgeFrame.AgentLine)) {
        line = hear(reader);
      }
      long child = Long.parseLong(((BridgeFrame.AgentLine) line).data());
      assertThat(process.awaitExit()).isEqualTo(2);
      await().until(() -> ProcessHandle.of(child).filter(ProcessHandle::isAlive).isEmpty());
    }
  }

  @Test
  void endsWithTheNodeThatStartedItThoughNobodyHasEverOwnedIt() throws Exception {
    process.endInput();
    assertThat(process.awaitExit()).isEqualTo(3);
    assertThat(process.socket()).doesNotExist();
  }

  @Test
  void hangsUpOnAStrangerThatSaysNoHello() throws Exception {
    try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(process.socket()))) {
      tell(channel, new NodeFrame.Renew());
      assertThat(new FrameReader(channel).next()).isNull();
    }
    try (var bridge = connect()) {
      assertThat(get(bridge.list(false)).entries()).isEmpty();
    }
  }

  private static void tell(SocketChannel channel, NodeFrame frame) throws IOException {
    channel.write(ByteBuffer.wrap(FrameCodec.encode(frame)));
  }

  private static BridgeFrame hear(FrameReader reader) throws IOException, FrameException {
    var line = reader.next();
    if (line == null) {
      throw new IOException("the bridge ended");
    }
    return FrameCodec.decodeBridgeFrame(line);
  }

  private static Bridge.ExecResult exec(Bridge bridge, String command, Duration timeout)
      throws Exception {
    return get(bridge.exec(new Bridge.Exec(command, timeout, PATH, 1 << 20)));
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(40, TimeUnit.SECONDS);
  }

  private static BridgeException.Kind kind(CompletionStage<?> stage) throws Exception {
    try {
      var done = stage.toCompletableFuture().get(40, TimeUnit.SECONDS);
      throw new AssertionError("did not fail: " + done);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof BridgeException cause) {
        return cause.kind();
      }
      throw e;
    }
  }
}
