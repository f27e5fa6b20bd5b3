package dev.ash.node.e2e;

import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Calls that are made at the same moment, each on a thread of its own: the common pool has but one
 * where there are two cores, and what is to race would wait in line.
 */
final class AtOnce {
  private static final long LIMIT_SECONDS = 60;

  private AtOnce() {}

  /** What each answered, in the order of the calls; none may take for ever. */
  @SafeVarargs
  static <T> List<T> call(Supplier<T>... calls) {
    var all = Stream.<Supplier<T>>builder();
    for (var call : calls) {
      all.add(call);
    }
    return call(all.build().toList());
  }

  /** The same for as many as there are. */
  static <T> List<T> call(List<Supplier<T>> calls) {
    var line = new CyclicBarrier(calls.size());
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      return calls.stream()
          .map(call -> CompletableFuture.supplyAsync(() -> inLine(line, call), threads))
          .toList()
          .stream()
          .map(running -> running.orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join())
          .toList();
    }
  }

  private static <T> T inLine(CyclicBarrier line, Supplier<T> call) {
    try {
      line.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (BrokenBarrierException e) {
      throw new IllegalStateException(e);
    }
    return call.get();
  }
}
