package dev.ash.node.sandbox;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The one thread that forks every child of this node, and never ends.
 *
 * <p>{@code --die-with-parent} follows the thread that forked, not its process: a child of a pool
 * thread is killed when the pool trims that thread, seconds later and for no visible reason.
 */
final class Spawner {
  /** One for the process: a second one would be a thread for nothing. */
  static final Spawner INSTANCE = new Spawner();

  private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();

  private Spawner() {
    Thread.ofPlatform().daemon().name("sandbox-spawner").start(this::run);
  }

  Process spawn(ProcessBuilder builder) throws IOException, InterruptedException {
    var spawned = new CompletableFuture<Process>();
    tasks.add(
        () -> {
          try {
            var process = builder.start();
            // the caller may have given up meanwhile
            if (!spawned.complete(process)) {
              process.destroyForcibly();
            }
          } catch (IOException | RuntimeException | Error e) {
            spawned.completeExceptionally(e);
          }
        });
    try {
      return spawned.get();
    } catch (InterruptedException e) {
      if (!spawned.cancel(false) && spawned.state() == CompletableFuture.State.SUCCESS) {
        spawned.resultNow().destroyForcibly();
      }
      throw e;
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException io -> throw io;
        case RuntimeException bug -> throw bug;
        case null, default ->
            throw new IOException("cannot start " + builder.command().getFirst(), e);
      }
    }
  }

  private void run() {
    while (true) {
      try {
        tasks.take().run();
      } catch (InterruptedException e) {
        // ending would kill every sandbox, and nobody has a reason to ask for that
      }
    }
  }
}
