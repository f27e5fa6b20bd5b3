package dev.ash.node;

import dev.ash.config.InvalidConfigException;
import dev.ash.persistence.SchemaException;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs one node in the foreground, set up by the environment (config/src/main/resources/env.conf).
 * SIGTERM drains it; the exit code is then 0. A node that cannot start says why and exits with 1.
 */
public final class Main {
  /** More than all the phases of the coordinated shutdown together. */
  private static final Duration DRAIN_LIMIT = Duration.ofMinutes(2);

  /** A service manager starts the node again. */
  private static final int REMOVED = 3;

  static {
    // Read once by the JDK's HTTP client: else it gives no proxy a password for a TLS tunnel.
    if (System.getProperty("jdk.http.auth.tunneling.disabledSchemes") == null) {
      System.setProperty("jdk.http.auth.tunneling.disabledSchemes", "");
    }
  }

  private Main() {}

  /** With {@code --train}, starts on a temporary folder, uses itself a little, and ends. */
  public static void main(String[] args) throws InterruptedException, ExecutionException {
    try {
      if (List.of(args).contains("--train")) {
        Training.run();
        return;
      }
      var node = Node.start(Map.of(), Clock.systemUTC());
      // To stdout and not to the log: logs are kept and read by many.
      node.firstKey()
          .ifPresent(
              first ->
                  System.out.printf(
                      "API key (shown once, also in %s): %s%n", first.file(), first.key()));
      Runtime.getRuntime().addShutdownHook(new Thread(() -> drain(node), "drain"));
      node.whenEnded().toCompletableFuture().get();
      if (node.wasRemoved()) {
        System.err.println(
            "ash: the other nodes could not reach this one and have taken its sessions over; start"
                + " it again to rejoin");
        Runtime.getRuntime().halt(REMOVED);
      }
      System.exit(0);
    } catch (InvalidConfigException | SchemaException | IOException e) {
      fail(System.err, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      fail(System.err, String.valueOf(e));
    }
  }

  /**
   * Runs when the JVM is told to end: without this it would exit with 143, however well it went.
   */
  private static void drain(Node node) {
    try {
      node.stop().toCompletableFuture().get(DRAIN_LIMIT.toSeconds(), TimeUnit.SECONDS);
      Runtime.getRuntime().halt(0);
    } catch (ExecutionException | TimeoutException | InterruptedException e) {
      System.err.println("ash: the node did not end in order: " + e);
      Runtime.getRuntime().halt(1);
    }
  }

  private static void fail(PrintStream err, String why) {
    err.println("ash: the node cannot start: " + why);
    System.exit(1);
  }
}
