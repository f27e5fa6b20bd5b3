package dev.ash.bench;

import java.io.Closeable;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A node as a process of its own, with the mock agent. Closing it kills it with its sandboxes. */
final class NodeProcess implements Closeable {
  static final String KEY = "ash_bench_key_of_thirty_six_letters_";
  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final long STOP_LIMIT_SECONDS = 40;
  private static final long POLL_MILLIS = 5;

  private final Process process;
  private final int port;
  private final Duration startToHealthy;

  private NodeProcess(Process process, int port, Duration startToHealthy) {
    this.process = process;
    this.port = port;
    this.startToHealthy = startToHealthy;
  }

  /**
   * Starts a node and returns when its health check answers.
   *
   * @param command what starts it: the Java program, its flags, the class path, the main class
   * @param settings environment beside what every run has
   */
  static NodeProcess start(List<String> command, Path data, int port, Map<String, String> settings)
      throws IOException, InterruptedException {
    var builder = new ProcessBuilder(command);
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.startsWith("ASH_") && !name.equals("ASH_BRIDGE_HOME"));
    builder.environment().put("ASH_DATA_DIR", data.toString());
    builder.environment().put("ASH_HOST", "127.0.0.1");
    builder.environment().put("ASH_PORT", String.valueOf(port));
    builder.environment().put("ASH_REMOTING_PORT", "0");
    builder.environment().put("ASH_MANAGEMENT_PORT", "0");
    builder.environment().put("ASH_API_KEY", KEY);
    builder.environment().put("ASH_REAL_SDK", "0");
    builder.environment().putAll(settings);
    Files.createDirectories(data);
    var log = data.resolveSibling("node.log");
    builder.redirectErrorStream(true).redirectOutput(log.toFile());
    var begin = System.nanoTime();
    var process = builder.start();
    try {
      while (!healthy(port)) {
        if (!process.isAlive() || System.nanoTime() - begin > START_LIMIT.toNanos()) {
          throw new IOException("the node did not start: " + Files.readString(log));
        }
        Thread.sleep(POLL_MILLIS);
      }
      return new NodeProcess(process, port, Duration.ofNanos(System.nanoTime() - begin));
    } catch (IOException | InterruptedException | RuntimeException e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private static boolean healthy(int port) throws IOException {
    try (var wire = new Wire(port, KEY)) {
      wire.ask("GET", "/health", "");
      return true;
    } catch (ConnectException _) {
      return false;
    }
  }

  Wire connect() throws IOException {
    return new Wire(port, KEY);
  }

  int port() {
    return port;
  }

  Duration startToHealthy() {
    return startToHealthy;
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  List<ProcessHandle> sandboxes() {
    return process.descendants().toList();
  }

  /** As a service manager stops it; kills what does not go. */
  @Override
  public void close() {
    var children = sandboxes();
    process.destroy();
    try {
      if (!process.waitFor(STOP_LIMIT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException _) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    children.forEach(ProcessHandle::destroyForcibly);
  }
}
