package dev.ash.node.sandbox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The processes of one sandbox: the one we forked, and below it a pid namespace whose first process
 * takes all others with it when it dies.
 */
final class SandboxProcess {
  private static final Logger log = LoggerFactory.getLogger(SandboxProcess.class);
  private static final long PATIENCE_SECONDS = 2;
  private static final int STOP_ROUNDS = 20;

  private final String id;
  private final Process process;
  private final Output output;
  private final Cgroup cgroup;
  private final boolean namespaced;
  private final CompletableFuture<Sandboxes.Exit> exit;
  private volatile @Nullable ProcessHandle first;
  private volatile boolean frozen;
  private volatile boolean diskFull;

  private SandboxProcess(
      String id, Process process, Output output, Cgroup cgroup, boolean namespaced) {
    this.id = id;
    this.process = process;
    this.output = output;
    this.cgroup = cgroup;
    this.namespaced = namespaced;
    this.exit = process.onExit().thenApply(p -> new Sandboxes.Exit(p.exitValue(), cause()));
  }

  private Sandboxes.Cause cause() {
    if (diskFull) {
      return Sandboxes.Cause.DISK_FULL;
    }
    return cgroup.oomKills() > 0 ? Sandboxes.Cause.OUT_OF_MEMORY : Sandboxes.Cause.ENDED;
  }

  /** Starts it and says the first line to it. */
  static SandboxProcess start(
      String id, Confinement.Launch launch, Cgroup cgroup, String firstLine, Consumer<String> lines)
      throws IOException, InterruptedException {
    var builder =
        new ProcessBuilder(launch.command())
            .directory(launch.directory().toFile())
            .redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().putAll(launch.environment());
    var process = Spawner.INSTANCE.spawn(builder);
    try {
      var output = Output.follow("sandbox-output-" + id, process.getInputStream(), lines);
      var started = new SandboxProcess(id, process, output, cgroup, launch.namespaced());
      started.say(firstLine);
      return started;
    } catch (RuntimeException | Error e) {
      // The node may be out of threads. Nobody has heard of the process, so nobody else ends it.
      end(id, process);
      throw e;
    }
  }

  private static void end(String id, Process process) {
    process.toHandle().descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    try {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        log.warn("Sandbox {} was killed and is still there", id);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Its input stays open: an end of input tells the bridge that the node is gone. */
  private void say(String line) {
    try {
      var in = process.getOutputStream();
      in.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
      in.flush();
    } catch (IOException e) {
      // it has ended already; whoever waits for it will see
      log.debug("Sandbox {} does not listen", id, e);
    }
  }

  /** Waits for {@code ready}. */
  void awaitReady(Duration timeout) throws SandboxException, InterruptedException {
    try {
      CompletableFuture.anyOf(output.ready(), exit).get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new SandboxException(
          "sandbox " + id + ": not ready after " + timeout.toMillis() + " ms" + said(), e);
    } catch (ExecutionException e) {
      throw new SandboxException("sandbox " + id + ": " + e.getCause(), e);
    }
    if (!output.ready().isDone()) {
      throw new SandboxException(
          "sandbox "
              + id
              + ": ended with code "
              + awaitEnd(timeout).code()
              + " before it was ready"
              + said());
    }
    if (namespaced) {
      first = process.toHandle().children().findFirst().orElse(null);
    }
  }

  /** Waits for its end and for the last of its output. */
  Sandboxes.Exit awaitEnd(Duration timeout) throws InterruptedException, SandboxException {
    try {
      exit.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      output.ended().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      return exit.resultNow();
    } catch (TimeoutException e) {
      throw new SandboxException(
          "sandbox " + id + ": did not end in " + timeout.toMillis() + " ms" + said(), e);
    } catch (ExecutionException e) {
      throw new SandboxException("sandbox " + id + ": " + e.getCause(), e);
    }
  }

  private String said() {
    var lines = output.lastLines();
    return lines.isEmpty() ? "" : ": " + lines + Advice.on(lines);
  }

  CompletionStage<Sandboxes.Exit> exit() {
    return exit.copy();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  long pid() {
    return process.pid();
  }

  /**
   * Stops or continues everything inside. Without a freezer the processes are stopped one by one,
   * in rounds, until no new one has come up; a program inside could continue a stopped one, but
   * none is left that runs.
   */
  synchronized void freeze(boolean wanted) {
    // Every message thaws; to look for what nobody stopped costs more than the message.
    if (!wanted && !frozen) {
      return;
    }
    // True also when it fails half-way, so that the next thaw is not left out.
    frozen = true;
    try {
      if (cgroup.canFreeze()) {
        cgroup.freeze(wanted);
      } else {
        signal(wanted ? "STOP" : "CONT");
      }
      frozen = wanted;
    } catch (IOException e) {
      log.warn("Sandbox {} could not be {}", id, wanted ? "frozen" : "thawed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether nothing inside runs. */
  boolean frozen() {
    return frozen;
  }

  private void signal(String name) throws IOException, InterruptedException {
    var told = new HashSet<Long>();
    for (var round = 0; round < STOP_ROUNDS; round++) {
      var fresh = new ArrayList<String>();
      inside().map(ProcessHandle::pid).filter(told::add).forEach(pid -> fresh.add(pid.toString()));
      if (fresh.isEmpty()) {
        return;
      }
      var command = new ArrayList<>(List.of("/bin/sh", "-c", "kill -" + name + " \"$@\"", "sh"));
      command.addAll(fresh);
      Spawner.INSTANCE
          .spawn(
              new ProcessBuilder(command)
                  .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                  .redirectError(ProcessBuilder.Redirect.DISCARD))
          .waitFor();
    }
  }

  /** Without the process that only watches: stopped, it could not reap what is killed. */
  private Stream<ProcessHandle> inside() {
    var below = process.toHandle().descendants();
    return namespaced ? below : Stream.concat(Stream.of(process.toHandle()), below);
  }

  /**
   * Kills everything and waits until it is gone.
   *
   * <p>The namespace's first process goes first: the kernel ends it only after all others, and our
   * child only after it. The other way round our child would be reaped while others still write.
   */
  void kill() {
    if (cgroup.canFreeze()) {
      freeze(false);
    }
    var inside = process.toHandle().descendants().toList();
    inside.forEach(ProcessHandle::destroyForcibly);
    try {
      if (namespaced && !inside.isEmpty()) {
        process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
      }
      process.destroyForcibly();
      awaitGone(exit);
      var namespace = first;
      if (namespace != null) {
        awaitDead(namespace);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      log.debug("Sandbox {} left its input unread", id, e);
    }
  }

  /** Kills everything, and whoever waits for the end hears that the disk was why. */
  void killForDisk() {
    diskFull = true;
    kill();
  }

  /** Not our child once its parent has died: whoever reaps it may take its time. */
  private void awaitDead(ProcessHandle namespace) {
    var deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (namespace.isAlive() && !zombie(namespace.pid())) {
      namespace.destroyForcibly();
      if (System.nanoTime() > deadline) {
        log.warn("Sandbox {} was killed and is still there", id);
        return;
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }

  private static boolean zombie(long pid) {
    try {
      var stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      return stat.startsWith(") Z", stat.lastIndexOf(')'));
    } catch (IOException e) {
      return true;
    }
  }

  private void awaitGone(CompletableFuture<?> end) throws InterruptedException {
    try {
      end.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException e) {
      log.warn("Sandbox {} was killed and is still there", id, e);
    }
  }
}
