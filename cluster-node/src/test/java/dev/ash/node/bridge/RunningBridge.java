package dev.ash.node.bridge;

import com.fasterxml.jackson.core.JsonFactory;
import dev.ash.bridge.Main;
import dev.ash.protocol.bridge.FrameCodec;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A real bridge in a process of its own, without a sandbox around it. */
final class RunningBridge implements AutoCloseable {
  static final String TOKEN = "a-token";

  private final Process process;
  private final Path socket;
  private final Path workspace;

  private RunningBridge(Process process, Path socket, Path workspace) {
    this.process = process;
    this.socket = socket;
    this.workspace = workspace;
  }

  static RunningBridge start(Path folder) throws IOException {
    var workspace = Files.createDirectories(folder.resolve("workspace"));
    var socket = folder.resolve("b.sock");
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx24m",
                "-Dash.workspace=" + workspace,
                "-cp",
                Stream.of(Main.class, FrameCodec.class, JsonFactory.class)
                    .map(RunningBridge::location)
                    .collect(Collectors.joining(File.pathSeparator)),
                Main.class.getName(),
                socket.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    var in = process.getOutputStream();
    in.write((TOKEN + "\n").getBytes(StandardCharsets.UTF_8));
    in.flush();
    var out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    if (!"ready".equals(out.readLine())) {
      process.destroyForcibly();
      throw new IOException("the bridge did not become ready");
    }
    return new RunningBridge(process, socket, workspace);
  }

  private static String location(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  Path socket() {
    return socket;
  }

  Path workspace() {
    return workspace;
  }

  long pid() {
    return process.pid();
  }

  /** What it sees when the node that started it is gone. */
  void endInput() throws IOException {
    process.getOutputStream().close();
  }

  int awaitExit() throws InterruptedException {
    if (!process.waitFor(20, TimeUnit.SECONDS)) {
      throw new AssertionError("the bridge still runs");
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroy();
  }
}
