package dev.ash.node.session;

import dev.ash.node.bridge.Bridge;
import dev.ash.node.bridge.BridgeException;
import dev.ash.node.bridge.Bridges;
import dev.ash.node.sandbox.Sandboxes;
import dev.ash.node.workspace.Workspaces;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.SessionId;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.apache.pekko.util.ByteString;

/** Sandboxes, bridges and workspaces in memory: whoever tests the worker speaks as the agent. */
final class FakeProcess implements Sandboxes, Bridges, Workspaces {
  static final Digest SAVED = Digest.of("saved".getBytes(StandardCharsets.UTF_8));

  /** Held by a test that wants a save, or a start, to take its time. */
  volatile CountDownLatch save = new CountDownLatch(0);

  volatile CountDownLatch start = new CountDownLatch(0);
  volatile boolean obedient = true;

  /** What the next saves fail with, one after the other. */
  final Queue<IOException> saveFailures = new ConcurrentLinkedQueue<>();

  final AtomicInteger saves = new AtomicInteger();

  /** What a start, or a connection to what was started, breaks with. */
  volatile Optional<Error> startError = Optional.empty();

  volatile Optional<Error> connectError = Optional.empty();
  final List<Digest> restored = new CopyOnWriteArrayList<>();
  final List<String> told = new CopyOnWriteArrayList<>();
  final List<Box> boxes = new CopyOnWriteArrayList<>();
  private final AtomicReference<Bridge.Listener> ears = new AtomicReference<>();

  /** Says a line as the agent that was started last. */
  void say(String line) throws InterruptedException {
    ears.get().agentLine(line);
  }

  boolean running() {
    return !boxes.isEmpty() && !boxes.getLast().exit.isDone();
  }

  @Override
  public Sandbox start(Spec spec) {
    startError.ifPresent(
        e -> {
          throw e;
        });
    try {
      start.await();
      spec.populate().into(temp(), temp(), new Inside("/workspace", "/home/agent", "/h", "/p"));
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
    var box = new Box();
    boxes.add(box);
    return box;
  }

  private static Path temp() throws IOException {
    var folder = java.nio.file.Files.createTempDirectory("ash-fake");
    folder.toFile().deleteOnExit();
    return folder;
  }

  @Override
  public long startedAhead() {
    return 0;
  }

  @Override
  public Isolation isolation() {
    return new Isolation("none", Map.of(), Map.of());
  }

  @Override
  public Bridge connect(Path socket, String token, long epoch, Bridge.Listener listener) {
    connectError.ifPresent(
        e -> {
          throw e;
        });
    ears.set(listener);
    return new Line();
  }

  @Override
  public Digest save(Bridge bridge, Optional<Digest> previous)
      throws IOException, InterruptedException {
    saves.incrementAndGet();
    save.await();
    var failure = saveFailures.poll();
    if (failure != null) {
      throw failure;
    }
    return SAVED;
  }

  @Override
  public void restore(Digest manifest, Path folder) {
    restored.add(manifest);
  }

  @Override
  public List<Entry> list(Digest manifest) {
    return List.of();
  }

  @Override
  public InputStream open(Digest blob) {
    return new ByteArrayInputStream(new byte[0]);
  }

  @Override
  public Digest store(List<NewFile> files) {
    return SAVED;
  }

  @Override
  public Digest change(Digest manifest, Function<List<Entry>, List<Entry>> change) {
    return manifest;
  }

  @Override
  public Digest storeBlob(InputStream content) {
    return SAVED;
  }

  /** A sandbox that ends when it is closed. */
  static final class Box implements Sandbox {
    private final CompletableFuture<Exit> exit = new CompletableFuture<>();
    volatile boolean frozen;

    @Override
    public String id() {
      return "box";
    }

    @Override
    public Path bridgeSocket() {
      return Path.of("bridge.sock");
    }

    @Override
    public Inside inside() {
      return new Inside("/workspace", "/home/agent", "/h", "/p");
    }

    @Override
    public String bridgeToken() {
      return "token";
    }

    @Override
    public Timing timing() {
      return new Timing(Duration.ZERO, Duration.ZERO, Duration.ZERO);
    }

    @Override
    public CompletionStage<Exit> exit() {
      return exit;
    }

    @Override
    public void freeze() {
      frozen = true;
    }

    @Override
    public void thaw() {
      frozen = false;
    }

    @Override
    public void close() {
      exit.complete(new Exit(137, Cause.ENDED));
    }
  }

  private final class Line implements Bridge {
    private CompletionStage<Void> done() {
      return CompletableFuture.runAsync(() -> {}, Runnable::run);
    }

    @Override
    public CompletionStage<Void> startAgent(Agent agent) {
      return done();
    }

    @Override
    public CompletionStage<Void> tellAgent(String line) {
      told.add(line);
      return done();
    }

    @Override
    public CompletionStage<Void> stopAgent(Duration grace) {
      return obedient
          ? done()
          : CompletableFuture.failedFuture(
              new BridgeException(BridgeException.Kind.FAILED, "bridge: did not answer in time"));
    }

    @Override
    public CompletionStage<ExecResult> exec(Exec exec) {
      return CompletableFuture.completedFuture(new ExecResult(0, "", "", false));
    }

    @Override
    public CompletionStage<Listing> list(boolean withDigests) {
      return CompletableFuture.completedFuture(new Listing(List.of(), false));
    }

    @Override
    public CompletionStage<Chunk> read(String path, long offset, int length) {
      return CompletableFuture.completedFuture(new Chunk(ByteString.emptyByteString(), 0, true));
    }

    @Override
    public CompletionStage<Void> write(String path, long offset, ByteString bytes, boolean last) {
      return done();
    }

    @Override
    public CompletionStage<Void> delete(String path) {
      return done();
    }

    @Override
    public void close() {}
  }

  /** Transcripts that nobody keeps. */
  record Forgetful() implements Transcripts {
    @Override
    public void append(SessionId session, String path, List<String> lines) {}

    @Override
    public void read(SessionId session, Reader reader) {}

    @Override
    public void copy(SessionId from, SessionId to) {}
  }
}
