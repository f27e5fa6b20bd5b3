package dev.ash.node.gateways;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A server as a process of the test's; nothing of it outlives {@link #close}. */
final class OwnedProcess implements AutoCloseable {
  private static final int END_SECONDS = 10;

  private final Process process;

  private OwnedProcess(Process process) {
    this.process = process;
  }

  /** Returns when the port of loopback is listened on. Its output is in {@code folder/NAME.log}. */
  static OwnedProcess start(
      Path folder,
      String name,
      List<String> command,
      Map<String, String> environment,
      int port,
      Duration limit)
      throws IOException {
    var log = folder.resolve(name + ".log");
    var builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().putAll(environment);
    var owned = new OwnedProcess(builder.start());
    try {
      Awaitility.await().atMost(limit).until(() -> !owned.process.isAlive() || listens(port));
      assertThat(owned.process.isAlive()).as(Files.readString(log)).isTrue();
      return owned;
    } catch (IOException | RuntimeException | Error e) {
      owned.close();
      throw e;
    }
  }

  static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static boolean listens(int port) {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException _) {
      return false;
    }
  }

  /** Asks for the end, and insists when it does not come. */
  @Override
  public void close() {
    var below = process.descendants().toList();
    process.destroy();
    try {
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    } finally {
      below.forEach(ProcessHandle::destroyForcibly);
    }
  }
}
