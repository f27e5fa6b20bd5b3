package dev.ash.bridge;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;

/**
 * Starts the bridge: {@code Main <socket path> [<port> <egress socket>]}; with a port, what
 * connects to it is passed on to the node's proxy. The token comes as the first line of standard
 * input, so that no process listing shows it; {@code ready} goes to standard output once the bridge
 * listens. The node holds standard input open: when it ends, the node is gone, and so is everything
 * here. A bridge that waits for an owner has no other way to know.
 */
public final class Main {
  private static final String WORKSPACE = "ash.workspace";

  private Main() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    if (args.length == 2 && args[0].equals("--train")) {
      Training.run(Path.of(args[1]));
      return;
    }
    if (args.length != 1 && args.length != 3) {
      System.err.println("usage: Main <socket path> [<port> <egress socket>]");
      System.exit(64);
    }
    var node = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8), 256);
    var token = node.readLine();
    if (token == null || token.isEmpty()) {
      System.err.println("token: missing (expected: one line on standard input)");
      System.exit(64);
      return;
    }
    var workspace = Path.of(System.getProperty(WORKSPACE, "/workspace")).toRealPath();
    var parts = BridgeParts.of(workspace, InstantSource.system());
    Runtime.getRuntime().addShutdownHook(Threads.create("end", parts.tree()::killAll));
    var server = BridgeServer.open(Path.of(args[0]), token, parts, System::nanoTime);
    if (args.length == 3) {
      var _ = EgressRelay.open(Integer.parseInt(args[1]), Path.of(args[2]));
    }
    Threads.start("node", () -> server.endWith(node));
    System.out.println("ready");
    System.out.flush();
    System.exit(server.run().exitCode());
  }
}
