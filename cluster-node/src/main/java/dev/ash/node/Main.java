package dev.ash.node;

import dev.ash.config.InvalidConfigException;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;

/**
 * Runs one node in the foreground, set up by the environment (config/src/main/resources/env.conf).
 * SIGTERM drains it; the exit code is then 0. A node that cannot start says why and exits with 1.
 */
public final class Main {
  private Main() {}

  /** With {@code --train}, starts on a temporary folder, uses itself a little, and ends. */
  public static void main(String[] args) throws InterruptedException, ExecutionException {
    try {
      if (List.of(args).contains("--train")) {
        Training.run();
        return;
      }
      var node = Node.start(Map.of(), Clock.systemUTC());
      TerminationSignal.exitsWithZero();
      // To stdout and not to the log: logs are kept and read by many.
      node.firstKey()
          .ifPresent(
              first ->
                  System.out.printf(
                      "API key (shown once, also in %s): %s%n", first.file(), first.key()));
      node.whenEnded().toCompletableFuture().get();
    } catch (InvalidConfigException | IOException e) {
      fail(System.err, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      fail(System.err, String.valueOf(e));
    }
  }

  private static void fail(PrintStream err, String why) {
    err.println("ash: the node cannot start: " + why);
    System.exit(1);
  }
}
