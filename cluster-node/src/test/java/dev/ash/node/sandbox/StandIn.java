package dev.ash.node.sandbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import javax.tools.ToolProvider;

/** A bridge for tests: listens as the real one does, and runs shell commands. */
final class StandIn {
  private StandIn() {}

  /** Compiles Java sources, by class name, into {@code <home>/lib/<jar>}. */
  static void compile(Path home, String jar, String className, String source) throws IOException {
    var classes = Files.createDirectories(home.resolve("classes-" + jar));
    var simple = className.substring(className.lastIndexOf('.') + 1);
    var file = Files.writeString(classes.resolve(simple + ".java"), source);
    var result =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-d", classes.toString(), file.toString());
    if (result != 0) {
      throw new IOException("the stand-in does not compile");
    }
    Files.createDirectories(home.resolve("lib"));
    try (var out = new JarOutputStream(Files.newOutputStream(home.resolve("lib").resolve(jar)));
        var files = Files.walk(classes)) {
      for (var entry : files.filter(f -> f.toString().endsWith(".class")).toList()) {
        out.putNextEntry(new JarEntry(classes.relativize(entry).toString()));
        Files.copy(entry, out);
      }
    }
  }

  /** Makes a bridge home with the stand-in, which every user can read. */
  static Path home(Path folder) throws IOException {
    var home = Files.createDirectories(folder.resolve("bridge-home"));
    compile(home, "bridge.jar", "dev.ash.bridge.Main", Host.resource("StandInBridge.java.txt"));
    return home;
  }

  /** What a command printed, and its exit code. */
  record Ran(int code, String output) {
    List<String> lines() {
      return output.lines().toList();
    }
  }

  /** Runs a command in a sandbox. */
  static Ran run(Sandboxes.Sandbox sandbox, String command) {
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(sandbox.bridgeSocket()));
      var encoded = Base64.getEncoder().encodeToString(command.getBytes(StandardCharsets.UTF_8));
      var request =
          ByteBuffer.wrap(
              (sandbox.bridgeToken() + "\n" + encoded + "\n").getBytes(StandardCharsets.UTF_8));
      while (request.hasRemaining()) {
        channel.write(request);
      }
      var text =
          new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
      var lines = new ArrayList<>(text.lines().toList());
      if (lines.isEmpty()) {
        return new Ran(-1, "");
      }
      var code = Integer.parseInt(lines.removeLast().replaceAll(".*exit ", ""));
      return new Ran(code, String.join("\n", lines));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
