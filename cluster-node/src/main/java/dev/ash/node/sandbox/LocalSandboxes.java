package dev.ash.node.sandbox;

import dev.ash.config.AgentConfig;
import dev.ash.config.SandboxConfig;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sandboxes of this machine, below {@code <data>/sandboxes}.
 *
 * <p>{@link #open} returns at once. What a killed node has left behind is removed and the walls are
 * tried in the background; every start waits for that and refuses if a wall does not hold.
 */
public final class LocalSandboxes implements Sandboxes, Closeable {
  private static final Logger log = LoggerFactory.getLogger(LocalSandboxes.class);
  private static final Pattern ID = Pattern.compile("[a-fA-F0-9-]{1,64}");
  private static final int TOKEN_BYTES = 32;

  private final Path sandboxes;
  private final Path shortName;
  private final SandboxConfig config;
  private final RandomGenerator random;
  private final FileChannel lock;
  private final Confinement confinement;
  private final Program program;
  private final Cgroups cgroups;
  private final Uids uids;
  private final Limits limits;
  private final DiskWatch disk;
  private final Map<String, Undo> live = new ConcurrentHashMap<>();
  private final CompletableFuture<SelfCheck.Result> check = new CompletableFuture<>();

  private final Thread preparation =
      Thread.ofPlatform().daemon().name("sandbox-self-check").unstarted(this::prepare);
  private final WarmSandboxes warm;
  private volatile boolean closed;

  private LocalSandboxes(
      Path sandboxes,
      Path shortName,
      SandboxConfig config,
      RandomGenerator random,
      FileChannel lock,
      Confinement confinement,
      Program program,
      Cgroups cgroups,
      Uids uids,
      DiskWatch disk) {
    this.sandboxes = sandboxes;
    this.shortName = shortName;
    this.config = config;
    this.random = random;
    this.lock = lock;
    this.confinement = confinement;
    this.program = program;
    this.cgroups = cgroups;
    this.uids = uids;
    this.disk = disk;
    // Without walls a sandbox's paths on the host are what is seen inside, and tell its name.
    this.warm =
        new WarmSandboxes(confinement instanceof Bubblewrap ? config.warm() : 0, this::startAhead);
    this.limits = new Limits(config.memoryBytes(), config.cpuPercent(), config.pids());
  }

  /**
   * Takes the data folder's sandboxes into possession.
   *
   * @param random must be fit for secrets
   * @throws IOException when the folder cannot be used, or another node uses it
   */
  public static LocalSandboxes open(
      Path dataDir, SandboxConfig config, AgentConfig agent, RandomGenerator random)
      throws IOException {
    var bridge = Program.bridge(config.bridgeHome(), config.egress().isOpen());
    return open(dataDir, config, agent, random, bridge);
  }

  static LocalSandboxes open(
      Path dataDir,
      SandboxConfig config,
      AgentConfig agent,
      RandomGenerator random,
      Program program)
      throws IOException {
    Files.createDirectories(dataDir);
    return open(dataDir, config, agent, random, program, DiskWatch.Space.of(dataDir));
  }

  static LocalSandboxes open(
      Path dataDir,
      SandboxConfig config,
      AgentConfig agent,
      RandomGenerator random,
      Program program,
      DiskWatch.Space space)
      throws IOException {
    Files.createDirectories(dataDir);
    var sandboxes = dataDir.toRealPath().resolve("sandboxes");
    Files.createDirectories(sandboxes);
    var lock = locked(sandboxes.resolve(".lock"));
    try {
      var root = Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
      var host = Host.prepare(sandboxes, config, agent);
      var confinement =
          config.isolation().equals("none") ? new Unconfined(host) : new Bubblewrap(host);
      // names the folder itself, whatever it is called: two nodes must not meet
      var node =
          "node-%s-%s"
              .formatted(
                  Files.getAttribute(sandboxes, "unix:dev"),
                  Files.getAttribute(sandboxes, "unix:ino"));
      var opened =
          new LocalSandboxes(
              sandboxes,
              ShortName.of(sandboxes),
              config,
              random,
              lock,
              confinement,
              program,
              Cgroups.find(Path.of("/proc/self"), node),
              new Uids(root, config.firstUid(), config.uidCount(), random),
              DiskWatch.start(config, space));
      opened.preparation.start();
      return opened;
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private static FileChannel locked(Path file) throws IOException {
    var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      log.debug("The lock is held by this process", e);
    }
    channel.close();
    throw new IOException("another node uses the data folder of " + file);
  }

  private void prepare() {
    try {
      Leftovers.remove(sandboxes, cgroups);
      check.complete(
          switch (confinement) {
            case Bubblewrap _ -> SelfCheck.run(this, sandboxes);
            case Unconfined _ -> {
              log.warn(
                  "ASH_SANDBOX_ISOLATION=none: agents run WITHOUT isolation. Whatever an agent is"
                      + " told to do, it can do to this machine, to its network and to every"
                      + " tenant's data.");
              yield SelfCheck.Result.NONE;
            }
          });
      if (check.resultNow().failed().isEmpty()) {
        warm.fill();
      }
    } catch (SandboxException e) {
      log.error("No sandbox can be started on this node: {}", e.getMessage());
      check.completeExceptionally(e);
    } catch (IOException | InterruptedException | RuntimeException e) {
      if (closed) {
        log.debug("Closed before the self-check was done", e);
      } else {
        log.error("No sandbox can be started on this node", e);
      }
      check.completeExceptionally(e);
    }
  }

  @Override
  public Sandbox start(Spec spec) throws SandboxException {
    if (!ID.matcher(spec.id()).matches()) {
      throw new SandboxException("Invalid sandbox ID: " + spec.id());
    }
    try {
      var failed = check.get().failed();
      if (!failed.isEmpty()) {
        throw new SandboxException(
            "sandboxes do not hold on this machine, so none is started: "
                + String.join(", ", failed)
                + ". What to do: see the node's log, or accept agents without isolation by"
                + " ASH_SANDBOX_ISOLATION=none");
      }
      disk.requireRoom();
      return made(spec.id(), undo -> started(spec, undo));
    } catch (ExecutionException e) {
      var cause = e.getCause() == null ? e : e.getCause();
      throw new SandboxException(
          "no sandbox can be started on this node: " + cause.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxException("sandbox " + spec.id() + ": its start was interrupted", e);
    }
  }

  private RunningSandbox started(Spec spec, Undo undo)
      throws IOException, SandboxException, InterruptedException {
    var waiting = warm.take();
    if (waiting.isPresent()) {
      return claim(spec, waiting.get(), undo);
    }
    var sandbox = listening(spec, undo);
    return running(spec, sandbox, sandbox.timing(), undo);
  }

  /** Makes a sandbox; what {@code undo} has been told is taken back if that fails. */
  @FunctionalInterface
  private interface Making<T> {
    T with(Undo undo) throws IOException, SandboxException, InterruptedException;
  }

  /** Makes something under a name that must be free. */
  private <T> T made(String id, Making<T> making) throws SandboxException, InterruptedException {
    var undo = new Undo();
    if (live.putIfAbsent(id, undo) != null) {
      throw new SandboxException("sandbox " + id + ": there is one already");
    }
    try {
      undo.add(() -> live.remove(id, undo));
      if (closed) {
        throw new SandboxException("sandbox " + id + ": the node is stopping");
      }
      return making.with(undo);
    } catch (IOException e) {
      undo.run();
      throw new SandboxException(
          "sandbox " + id + ": " + e.getMessage() + Advice.on(e.toString()), e);
    } catch (SandboxException | InterruptedException | RuntimeException e) {
      undo.run();
      throw e;
    }
  }

  /** Fills a sandbox that waits; nothing but the bridge has run in it. */
  private RunningSandbox claim(Spec spec, WarmSandboxes.Warm waiting, Undo undo)
      throws IOException {
    undo.add(waiting.undo()::run);
    var began = System.nanoTime();
    waiting.lines().to(spec.log());
    var folder = waiting.sandbox().folder();
    fill(folder, spec, undo);
    folder.give(waiting.sandbox().uid());
    var timing =
        new Timing(Duration.ofNanos(System.nanoTime() - began), Duration.ZERO, Duration.ZERO);
    return running(spec, waiting.sandbox(), timing, undo);
  }

  /** Starts a sandbox for nobody in particular. */
  private WarmSandboxes.Warm startAhead() throws SandboxException, InterruptedException {
    var lines = new WarmSandboxes.Redirected();
    var spec = empty(lines);
    return made(
        spec.id(),
        undo -> {
          disk.requireRoom();
          return new WarmSandboxes.Warm(listening(spec, undo), undo, lines);
        });
  }

  /** A sandbox with a name of its own and nothing in it. */
  private Spec empty(Consumer<String> lines) {
    var id = new UUID(random.nextLong(), random.nextLong()).toString();
    return new Spec(id, (_, _, _) -> {}, _ -> () -> {}, lines);
  }

  private RunningSandbox running(Spec spec, Listening sandbox, Timing timing, Undo undo) {
    return new RunningSandbox(
        spec.id(),
        confinement.inside(sandbox.folder()),
        sandbox.folder().bridgeSocket(),
        sandbox.token(),
        timing,
        sandbox.process(),
        undo);
  }

  /** A sandbox whose bridge listens, and what its start took. */
  record Listening(
      SandboxFolder folder, int uid, String token, SandboxProcess process, Timing timing) {}

  private Listening listening(Spec spec, Undo undo)
      throws IOException, SandboxException, InterruptedException {
    var began = System.nanoTime();
    var folder = furnished(spec, undo);
    var populated = System.nanoTime();
    var token = token();
    var spawned = spawn(spec.id(), folder, program, token, spec.log(), undo);
    var running = System.nanoTime();
    spawned.process().awaitReady(config.startTimeout());
    folder.pinSocket();
    var timing =
        new Timing(
            Duration.ofNanos(populated - began),
            Duration.ofNanos(running - populated),
            Duration.ofNanos(System.nanoTime() - running));
    return new Listening(folder, spawned.uid(), token, spawned.process(), timing);
  }

  private SandboxFolder furnished(Spec spec, Undo undo) throws IOException {
    try {
      var folder = SandboxFolder.create(sandboxes, shortName, spec.id());
      undo.add(folder::delete);
      folder.furnish();
      fill(folder, spec, undo);
      return folder;
    } catch (FileAlreadyExistsException e) {
      throw new IOException("its folder is there already: " + e.getMessage(), e);
    }
  }

  private void fill(SandboxFolder folder, Spec spec, Undo undo) throws IOException {
    spec.populate().into(folder.workspace(), folder.home(), confinement.inside(folder));
    undo.add(spec.openHostSockets().in(folder.hostSockets()));
  }

  /** A process, and the host user it runs as. */
  private record Spawned(SandboxProcess process, int uid) {}

  private Spawned spawn(
      String id,
      SandboxFolder folder,
      Program program,
      String token,
      Consumer<String> lines,
      Undo undo)
      throws IOException, SandboxException, InterruptedException {
    var uid = confinement.suitsOtherUsers(folder) ? uids.take() : Uids.OWN;
    undo.add(() -> uids.free(uid));
    folder.give(uid);
    var cgroup = cgroups.create(id, limits);
    undo.add(cgroup::remove);
    var launch = confinement.launch(folder, uid, cgroup.joinFiles(), program);
    var process = SandboxProcess.start(id, launch, cgroup, token, lines);
    undo.add(process::kill);
    undo.add(disk.watch(id, folder.root(), process)::run);
    return new Spawned(process, uid);
  }

  /** Runs a program in a sandbox of its own to its end; what it prints goes to {@code lines}. */
  Exit runOnce(Program once, Consumer<String> lines) throws SandboxException, InterruptedException {
    var spec = empty(lines);
    var undo = new Undo();
    try {
      var folder = furnished(spec, undo);
      return spawn(spec.id(), folder, once, "", lines, undo)
          .process()
          .awaitEnd(config.startTimeout());
    } catch (IOException e) {
      throw new SandboxException(e.getMessage() + Advice.on(e.toString()), e);
    } finally {
      undo.run();
    }
  }

  private String token() {
    var bytes = new byte[TOKEN_BYTES];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  @Override
  public long startedAhead() {
    return warm.used();
  }

  @Override
  public Isolation isolation() {
    var limits = LimitsInForce.of(config, cgroups, uids.areOwn());
    return switch (check.state()) {
      case RUNNING -> new Isolation("checking", Map.of(), limits);
      case SUCCESS -> new Isolation(confinement.level(), check.resultNow().checks(), limits);
      case FAILED, CANCELLED -> new Isolation("unavailable", Map.of(), limits);
    };
  }

  /** Ends every sandbox; none is started any more. */
  @Override
  public void close() throws IOException {
    closed = true;
    warm.close();
    disk.close();
    try {
      preparation.interrupt();
      preparation.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try (var closing = Executors.newVirtualThreadPerTaskExecutor()) {
      live.values().forEach(undo -> closing.execute(undo::run));
    }
    try {
      cgroups.remove();
    } finally {
      lock.close();
    }
  }
}
