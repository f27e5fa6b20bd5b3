package dev.ash.node.sandbox;

import dev.ash.config.SandboxConfig;
import dev.ash.node.sandbox.Sandboxes.Exit;
import dev.ash.node.sandbox.Sandboxes.Spec;
import dev.ash.node.sandbox.Sandboxes.Timing;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * Puts a sandbox together: its folder, its user, its limits, its process. Whatever is made is told
 * to the caller's {@link Undo} at once, who takes it back when the rest fails. Blocks.
 */
final class SandboxAssembly {
  private static final int TOKEN_BYTES = 32;

  private final Path sandboxes;
  private final Path shortName;
  private final SandboxConfig config;
  private final RandomGenerator random;
  private final Confinement confinement;
  private final Program program;
  private final Cgroups cgroups;
  private final Uids uids;
  private final Limits limits;
  private final DiskWatch disk;

  SandboxAssembly(
      Path sandboxes,
      Path shortName,
      SandboxConfig config,
      RandomGenerator random,
      Confinement confinement,
      Program program,
      Cgroups cgroups,
      Uids uids,
      DiskWatch disk) {
    this.sandboxes = sandboxes;
    this.shortName = shortName;
    this.config = config;
    this.random = random;
    this.confinement = confinement;
    this.program = program;
    this.cgroups = cgroups;
    this.uids = uids;
    this.limits = new Limits(config.memoryBytes(), config.cpuPercent(), config.pids());
    this.disk = disk;
  }

  /** A sandbox whose bridge listens, and what its start took. */
  record Listening(
      SandboxFolder folder, int uid, String token, SandboxProcess process, Timing timing) {}

  /** A process, and the host user it runs as. */
  private record Spawned(SandboxProcess process, int uid) {}

  /** A sandbox with a name of its own and nothing in it. */
  Spec empty(Consumer<String> lines) {
    var id = new UUID(random.nextLong(), random.nextLong()).toString();
    return new Spec(id, (_, _, _) -> {}, _ -> () -> {}, lines);
  }

  Listening listening(Spec spec, Undo undo)
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

  private String token() {
    var bytes = new byte[TOKEN_BYTES];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
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

  /** Fills a sandbox that was started empty; nothing but the bridge has run in it. */
  void claim(Listening empty, Spec spec, Undo undo) throws IOException {
    fill(empty.folder(), spec, undo);
    empty.folder().give(empty.uid());
  }

  RunningSandbox running(Spec spec, Listening sandbox, Timing timing, Undo undo) {
    return new RunningSandbox(
        spec.id(),
        confinement.inside(sandbox.folder()),
        sandbox.folder().bridgeSocket(),
        sandbox.token(),
        timing,
        sandbox.process(),
        undo);
  }

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
}
