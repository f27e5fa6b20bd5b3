package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** Programs as processes of a test's. */
final class OwnProcess {
  private OwnProcess() {}

  /**
   * Starts one, and returns when it is ready; fails with what it printed when it ends before.
   *
   * @param log takes what it prints
   */
  static Process start(List<String> command, Path log, Duration patience, Callable<Boolean> ready)
      throws IOException {
    var process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      Awaitility.await().atMost(patience).until(() -> !process.isAlive() || ready.call());
      assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
      return process;
    } catch (RuntimeException | Error e) {
      end(process);
      throw e;
    }
  }

  static void end(Process process) {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
      }
    } catch (InterruptedException _) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
