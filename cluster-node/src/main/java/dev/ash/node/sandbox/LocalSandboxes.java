package dev.ash.node.sandbox;

import dev.ash.config.AgentConfig;
import dev.ash.config.SandboxConfig;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
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

  private final Path sandboxes;
  private final SandboxConfig config;
  private final FileChannel lock;
  private final Confinement confinement;
  private final Cgroups cgroups;
  private final Uids uids;
  private final DiskWatch disk;
  private final SandboxAssembly assembly;
  private final Map<String, Undo> live = new ConcurrentHashMap<>();
  private final CompletableFuture<SelfCheck.Result> check = new CompletableFuture<>();

  private final Thread preparation =
      Thread.ofPlatform().daemon().name("sandbox-self-check").unstarted(this::prepare);
  private final WarmSandboxes warm;
  private volatile boolean closed;

  private LocalSandboxes(
      Path sandboxes,
      SandboxConfig config,
      FileChannel lock,
      Confinement confinement,
      Cgroups cgroups,
      Uids uids,
      DiskWatch disk,
      SandboxAssembly assembly) {
    this.sandboxes = sandboxes;
    this.config = config;
    this.lock = lock;
    this.confinement = confinement;
    this.cgroups = cgroups;
    this.uids = uids;
    this.disk = disk;
    this.assembly = assembly;
    // Without walls a sandbox's paths on the host are what is seen inside, and tell its name.
    this.warm =
        new WarmSandboxes(confinement instanceof Bubblewrap ? config.warm() : 0, this::startAhead);
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
      var shortName = ShortName.of(sandboxes);
      var cgroups = Cgroups.find(Path.of("/proc/self"), node);
      var uids = new Uids(root, config.firstUid(), config.uidCount(), random);
      var disk = DiskWatch.start(config, space);
      var assembly =
          new SandboxAssembly(
              sandboxes, shortName, config, random, confinement, program, cgroups, uids, disk);
      var opened =
          new LocalSandboxes(sandboxes, config, lock, confinement, cgroups, uids, disk, assembly);
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
            case Bubblewrap _ -> SelfCheck.run(assembly, sandboxes);
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
    var sandbox = assembly.listening(spec, undo);
    return assembly.running(spec, sandbox, sandbox.timing(), undo);
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
    var whole = false;
    try {
      undo.add(() -> live.remove(id, undo));
      if (closed) {
        throw new SandboxException("sandbox " + id + ": the node is stopping");
      }
      var thing = making.with(undo);
      whole = true;
      return thing;
    } catch (IOException e) {
      throw new SandboxException(
          "sandbox " + id + ": " + e.getMessage() + Advice.on(e.toString()), e);
    } finally {
      // Also after an Error: a node without threads to spare has some again a moment later, and the
      // name must be free then.
      if (!whole) {
        undo.run();
      }
    }
  }

  /** Gives a sandbox that waits to a session. */
  private RunningSandbox claim(Spec spec, WarmSandboxes.Warm waiting, Undo undo)
      throws IOException {
    undo.add(waiting.undo()::run);
    var began = System.nanoTime();
    waiting.lines().to(spec.log());
    assembly.claim(waiting.sandbox(), spec, undo);
    var timing =
        new Timing(Duration.ofNanos(System.nanoTime() - began), Duration.ZERO, Duration.ZERO);
    return assembly.running(spec, waiting.sandbox(), timing, undo);
  }

  /** Starts a sandbox for nobody in particular. */
  private WarmSandboxes.Warm startAhead() throws SandboxException, InterruptedException {
    var lines = new WarmSandboxes.Redirected();
    var spec = assembly.empty(lines);
    return made(
        spec.id(),
        undo -> {
          disk.requireRoom();
          return new WarmSandboxes.Warm(assembly.listening(spec, undo), undo, lines);
        });
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
