package dev.ash.node.egress;

import dev.ash.node.egress.AnswerException.Kind;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Looks names up, on threads of its own: the system's resolver holds a thread, virtual or not, and
 * whoever owns a name can make it answer slowly.
 */
final class Lookup implements AutoCloseable {
  static final int THREADS = 32;
  private static final int WAITING = 256;

  private final Resolver resolver;
  private final Duration patience;
  private final ThreadPoolExecutor threads;

  /** Asks name servers. */
  @FunctionalInterface
  interface Resolver {
    InetAddress[] resolve(String name) throws UnknownHostException;
  }

  Lookup(Resolver resolver, Duration patience) {
    this.resolver = resolver;
    this.patience = patience;
    this.threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING),
            Thread.ofPlatform().daemon().name("egress-lookup-", 0).factory());
    threads.allowCoreThreadTimeOut(true);
  }

  /** The addresses of a name, at least one. Look-ups that nobody waits for any more count too. */
  List<InetAddress> of(String name, Guest guest) throws AnswerException, InterruptedException {
    var sandbox = guest.lookups();
    var tenant = guest.tenant().lookups();
    take(sandbox, name, "this sandbox");
    try {
      take(tenant, name, "this tenant");
    } catch (AnswerException | InterruptedException e) {
      sandbox.release();
      throw e;
    }
    var found = new CompletableFuture<List<InetAddress>>();
    try {
      threads.execute(
          () -> {
            try {
              found.complete(List.of(resolver.resolve(name)));
            } catch (UnknownHostException | RuntimeException e) {
              found.completeExceptionally(e);
            } finally {
              tenant.release();
              sandbox.release();
            }
          });
    } catch (RejectedExecutionException _) {
      tenant.release();
      sandbox.release();
      throw new AnswerException(Kind.TOO_MANY, name + ": too many names are being looked up");
    }
    try {
      return found.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException _) {
      throw new AnswerException(Kind.UNREACHABLE, name + ": no such host is known to the node");
    } catch (TimeoutException _) {
      throw new AnswerException(
          Kind.TIMED_OUT, name + ": not looked up within " + patience.toSeconds() + " s");
    }
  }

  private void take(Semaphore share, String name, String whose)
      throws AnswerException, InterruptedException {
    if (!share.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new AnswerException(
          Kind.TOO_MANY, name + ": too many names of " + whose + " are being looked up");
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
