package dev.ash.node.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.config.NodeConfig;
import dev.ash.node.workspace.StoredWorkspaces;
import dev.ash.node.workspace.Workspaces;
import dev.ash.persistence.blob.FolderBlobStore;
import dev.ash.protocol.json.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The node's end against a bridge that the agent has taken over. */
final class HostileBridgeTest {
  private static final String READY = "{\"type\":\"ready\",\"pid\":1}\n";

  @TempDir Path folder;
  private ServerSocketChannel server;
  private final CountDownLatch over = new CountDownLatch(1);
  private final Heard heard = new Heard();

  private interface Hostile {
    void talk(BufferedReader in, OutputStream out) throws IOException, InterruptedException;
  }

  @BeforeEach
  void listen() throws IOException {
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(folder.resolve("s")));
  }

  @AfterEach
  void close() throws IOException {
    over.countDown();
    server.close();
  }

  private Bridge connect(Duration within, Hostile hostile) throws Exception {
    Thread.startVirtualThread(
        () -> {
          try (var channel = server.accept()) {
            hostile.talk(
                new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8)),
                Channels.newOutputStream(channel));
            over.await();
          } catch (IOException e) {
            // The node cut it off, as it should.
            return;
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    var settings = new UnixBridges.Settings(Duration.ofSeconds(30), within, List.of(), List.of());
    return new UnixBridges(settings).connect(folder.resolve("s"), "token", 1, heard);
  }

  private Bridge connect(String afterReady) throws Exception {
    return connect(
        Duration.ofSeconds(20),
        (_, out) -> out.write((READY + afterReady).getBytes(StandardCharsets.UTF_8)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "garbage\n",
        "{\"type\":\"ready\",\"pid\":1}\n",
        "{\"type\":\"done\",\"id\":77}\n",
        "{\"type\":\"failed\",\"id\":77,\"kind\":\"failed\",\"message\":\"\"}\n",
        "{\"type\":\"renew\"}\n",
        "{\"type\":\"agent-line\",\"data\":\"a\\nb\",\"end\":\"line\"}\n",
      })
  void closesAConnectionThatTalksNonsense(String nonsense) throws Exception {
    var bridge = connect(nonsense);
    assertThat(heard.closed.get(10, TimeUnit.SECONDS)).contains("no frame");
    assertThat(kind(bridge.delete("x"))).isEqualTo(BridgeException.Kind.GONE);
  }

  @Test
  void closesAtALineOfAHundredMegabytes() throws Exception {
    var _ =
        connect(
            Duration.ofSeconds(20),
            (_, out) -> {
              out.write(READY.getBytes(StandardCharsets.UTF_8));
              var much = new byte[1 << 20];
              for (int i = 0; i < 100; i++) {
                out.write(much);
              }
            });
    assertThat(heard.closed.get(20, TimeUnit.SECONDS)).contains("longer than");
  }

  @Test
  void closesAtAnAgentLineThatNeverEnds() throws Exception {
    var part =
        "{\"type\":\"agent-line\",\"data\":\"" + "x".repeat(60_000) + "\",\"end\":\"more\"}\n";
    var _ =
        connect(
            Duration.ofSeconds(20),
            (_, out) -> {
              out.write(READY.getBytes(StandardCharsets.UTF_8));
              for (int i = 0; i < 1000; i++) {
                out.write(part.getBytes(StandardCharsets.UTF_8));
              }
            });
    assertThat(heard.closed.get(20, TimeUnit.SECONDS)).contains("agent-line");
    assertThat(heard.lines).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../x",
        "/etc/passwd",
        "a/../b",
        "a//b",
        "a/",
        ".",
        "",
        "a\\u0000b",
        "a\\nb",
        "\\u009b"
      })
  void believesNoPathThatIsNotBelowTheWorkspace(String path) throws Exception {
    var entry =
        "{\"type\":\"entries\",\"id\":1,\"entries\":[{\"path\":\""
            + path
            + "\",\"kind\":\"file\",\"size\":1,\"mode\":420,\"modifiedNs\":0}],"
            + "\"last\":true,\"truncated\":false}\n";
    assertThat(kind(answering(entry).list(false))).isEqualTo(BridgeException.Kind.GONE);
    assertThat(heard.closed.get(10, TimeUnit.SECONDS)).contains("path");
  }

  @Test
  void believesNoListingWithoutEnd() throws Exception {
    var batch = new StringBuilder("{\"type\":\"entries\",\"id\":1,\"entries\":[");
    for (int i = 0; i < 5000; i++) {
      batch
          .append(i == 0 ? "" : ",")
          .append("{\"path\":\"f")
          .append(i)
          .append("\",\"kind\":\"file\",\"size\":1,\"mode\":420,\"modifiedNs\":0}");
    }
    var frame = batch.append("],\"last\":false,\"truncated\":false}\n").toString();
    assertThat(kind(answering(frame.repeat(50)).list(false))).isEqualTo(BridgeException.Kind.GONE);
  }

  @Test
  void takesNoMoreOutputThanItAskedFor() throws Exception {
    var bridge =
        answering("{\"type\":\"output\",\"id\":1,\"stream\":\"stdout\",\"data\":\"aGVsbG8=\"}\n");
    var exec = new Bridge.Exec("x", Duration.ofSeconds(5), Map.of(), 4);
    assertThat(kind(bridge.exec(exec))).isEqualTo(BridgeException.Kind.GONE);
  }

  @Test
  void takesNoAnswerOfAnotherKind() throws Exception {
    var bridge = answering("{\"type\":\"done\",\"id\":1}\n");
    assertThat(kind(bridge.read("x", 0, 10))).isEqualTo(BridgeException.Kind.GONE);
    assertThat(heard.closed.get(10, TimeUnit.SECONDS)).contains("answer");
  }

  @Test
  void keepsClaimsInMessagesOnOneShortLine() throws Exception {
    var bridge =
        answering(
            "{\"type\":\"failed\",\"id\":1,\"kind\":\"failed\",\"message\":\"a\\u001b[31m\\nb"
                + "x".repeat(5000)
                + "\"}\n");
    assertThatThrownBy(() -> bridge.delete("x").toCompletableFuture().get(10, TimeUnit.SECONDS))
        .hasRootCauseMessage("a [31m b" + "x".repeat(500 - 8));
  }

  @Test
  void aBridgeThatNeverAnswersFailsItsRequestsOnly() throws Exception {
    var bridge =
        connect(
            Duration.ofMillis(300), (_, out) -> out.write(READY.getBytes(StandardCharsets.UTF_8)));
    assertThat(kind(bridge.delete("x"))).isEqualTo(BridgeException.Kind.BUSY);
    assertThat(heard.closed).isNotDone();
  }

  @Test
  void aBridgeWithoutRoomForARequestIsBusy() throws Exception {
    var bridge =
        answering("{\"type\":\"failed\",\"id\":1,\"kind\":\"busy\",\"message\":\"no room\"}\n");
    assertThat(kind(bridge.read("x", 0, 10))).isEqualTo(BridgeException.Kind.BUSY);
  }

  @Test
  void aFileThatTheBridgeDoesNotReadInTimeFailsTheSave() throws Exception {
    assertThatThrownBy(() -> saved(Duration.ofSeconds(6), ""))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("reading late")
        .hasMessageContaining("did not answer in time");
  }

  @Test
  void aFileThatTheBridgeCannotReadIsLeftOutOfTheSave() throws Exception {
    assertThat(
            saved(
                Duration.ofSeconds(20),
                "{\"type\":\"failed\",\"id\":%d,\"kind\":\"failed\",\"message\":\"EACCES\"}\n"))
        .containsExactly("quick");
  }

  @Test
  void aBridgeThatNeverReadsHoldsNobodyUp() throws Exception {
    var bridge = connect("");
    var writes = new ArrayList<CompletionStage<Void>>();
    var data = ByteString.fromArray(new byte[200_000]);
    for (int i = 0; i < 100; i++) {
      writes.add(bridge.write("f" + i, 0, data, true));
    }
    assertThat(kind(writes.getLast())).isEqualTo(BridgeException.Kind.BUSY);
    bridge.close();
    assertThat(kind(writes.getFirst())).isEqualTo(BridgeException.Kind.GONE);
    assertThat(heard.closed.get(10, TimeUnit.SECONDS)).isEqualTo("closed by its owner");
  }

  @Test
  void aBridgeThatSaysNothingIsNotWaitedForLongerThanItsTime() {
    assertThatThrownBy(() -> connect(Duration.ofMillis(200), (_, _) -> {}))
        .isInstanceOfAny(IOException.class, BridgeException.class);
  }

  /**
   * The paths in a save of the files {@code late} and {@code quick}.
   *
   * @param answer to the read of the first one, whose id it has where it says {@code %d}
   */
  private List<String> saved(Duration within, String answer) throws Exception {
    var blobs =
        FolderBlobStore.open(folder.resolve("blobs"), InstantSource.system(), UUID::randomUUID);
    var workspaces =
        new StoredWorkspaces(blobs, NodeConfig.from(NodeConfig.load(Map.of())).sandbox());
    try (var bridge =
        connect(
            within,
            (in, out) -> {
              say(out, READY);
              for (var line = in.readLine(); line != null; line = in.readLine()) {
                var id = Json.parse(line).orElseThrow().path("id").asLong();
                if (line.contains("\"list\"")) {
                  say(out, listed(id));
                } else if (line.contains("\"late\"")) {
                  say(out, answer.formatted(id));
                } else if (line.contains("\"read\"")) {
                  say(
                      out,
                      "{\"type\":\"data\",\"id\":%d,\"data\":\"aGk=\",\"size\":2,\"last\":true}\n"
                          .formatted(id));
                }
              }
            })) {
      return workspaces.list(workspaces.save(bridge, Optional.empty())).stream()
          .map(Workspaces.Entry::path)
          .toList();
    }
  }

  private static String listed(long id) {
    var file = "{\"path\":\"%s\",\"kind\":\"file\",\"size\":2,\"mode\":420,\"modifiedNs\":0}";
    return "{\"type\":\"entries\",\"id\":"
        + id
        + ",\"entries\":["
        + file.formatted("late")
        + ","
        + file.formatted("quick")
        + "],\"last\":true,\"truncated\":false}\n";
  }

  private static void say(OutputStream out, String frames) throws IOException {
    out.write(frames.getBytes(StandardCharsets.UTF_8));
  }

  /** A bridge that answers the first request, whose id is 1, with this. */
  private Bridge answering(String answer) throws Exception {
    return connect(
        Duration.ofSeconds(20),
        (in, out) -> {
          out.write(READY.getBytes(StandardCharsets.UTF_8));
          in.readLine();
          in.readLine();
          out.write(answer.getBytes(StandardCharsets.UTF_8));
        });
  }

  private static BridgeException.Kind kind(CompletionStage<?> stage) throws Exception {
    try {
      var done = stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
      throw new AssertionError("did not fail: " + done);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof BridgeException cause) {
        return cause.kind();
      }
      throw e;
    }
  }
}
