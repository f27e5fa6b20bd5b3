package dev.ash.bridge;

import dev.ash.protocol.bridge.BridgeFrame;
import dev.ash.protocol.bridge.FrameCodec;
import dev.ash.protocol.bridge.FrameException;
import dev.ash.protocol.bridge.FrameReader;
import dev.ash.protocol.bridge.NodeFrame;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/**
 * A whole session of a bridge with itself, so that an AOT cache recorded meanwhile holds every
 * class a real one needs.
 */
final class Training {
  private static final String TOKEN = "training";
  private static final Map<String, String> ENVIRONMENT = Map.of("PATH", "/usr/bin:/bin");

  private final SocketChannel channel;
  private final FrameReader reader;

  private Training(SocketChannel channel) {
    this.channel = channel;
    this.reader = new FrameReader(channel);
  }

  /** Runs it in a folder of its own. */
  static void run(Path folder) throws IOException, InterruptedException {
    var workspace = Files.createDirectories(folder.resolve("workspace")).toRealPath();
    var socket = folder.resolve("bridge.sock");
    var parts = BridgeParts.of(workspace, InstantSource.system());
    var server = BridgeServer.open(socket, TOKEN, parts, System::nanoTime);
    passThrough(folder.resolve("egress.sock"));
    Threads.start("training", () -> talk(socket));
    server.run();
  }

  /** A connection through the relay, there and back. */
  private static void passThrough(Path socket) throws IOException {
    try (var node = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      node.bind(UnixDomainSocketAddress.of(socket));
      try (var relay = EgressRelay.open(0, socket);
          var program =
              SocketChannel.open(
                  new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), relay.port()))) {
        program.write(ByteBuffer.wrap(new byte[1]));
        try (var passed = node.accept()) {
          passed.read(ByteBuffer.allocate(1));
          passed.write(ByteBuffer.wrap(new byte[1]));
          program.read(ByteBuffer.allocate(1));
        }
      }
    }
  }

  private static void talk(Path socket) {
    try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      new Training(channel).talk();
    } catch (IOException | FrameException e) {
      System.err.println("training failed: " + e.getMessage());
      System.exit(1);
    }
  }

  private void talk() throws IOException, FrameException {
    tell(new NodeFrame.Hello(TOKEN, 1, 60_000));
    await(BridgeFrame.Ready.class);
    tell(new NodeFrame.Renew());
    tell(new NodeFrame.StartMock(1, "training"));
    await(BridgeFrame.Done.class);
    var prompt =
        """
        {"type":"user","message":{"role":"user","content":"hello"},"turn":1,\
        "history":[],"includePartialMessages":true}""";
    tell(new NodeFrame.Line(2, prompt, true));
    boolean idle = false;
    while (!idle) {
      idle = await(BridgeFrame.AgentLine.class).data().contains("\"idle\"");
    }
    tell(new NodeFrame.StopAgent(3, 100));
    await(BridgeFrame.Done.class);
    tell(new NodeFrame.Exec(4, "echo out; echo err >&2", 10_000, ENVIRONMENT, 1 << 20));
    await(BridgeFrame.ExecResult.class);
    var data = ByteBuffer.wrap("text".getBytes(StandardCharsets.UTF_8));
    tell(new NodeFrame.Write(5, "a/b.txt", 0, data, true));
    await(BridgeFrame.Done.class);
    tell(new NodeFrame.ListFiles(6, true, List.of(".git")));
    await(BridgeFrame.Entries.class);
    tell(new NodeFrame.Read(7, "a/b.txt", 0, 100));
    await(BridgeFrame.Data.class);
    tell(new NodeFrame.Delete(8, "a/b.txt"));
    await(BridgeFrame.Done.class);
    tell(new NodeFrame.Read(9, "missing", 0, 100));
    await(BridgeFrame.Failed.class);
    tell(new NodeFrame.StartProgram(10, List.of("/bin/cat"), ENVIRONMENT));
    await(BridgeFrame.Done.class);
    tell(new NodeFrame.Line(11, "line", true));
    await(BridgeFrame.AgentLine.class);
    tell(new NodeFrame.StopAgent(12, 1000));
    await(BridgeFrame.AgentExited.class);
    tell(new NodeFrame.Bye());
  }

  private void tell(NodeFrame frame) throws IOException {
    var line = ByteBuffer.wrap(FrameCodec.encode(frame));
    while (line.hasRemaining()) {
      channel.write(line);
    }
  }

  private <F extends BridgeFrame> F await(Class<F> wanted) throws IOException, FrameException {
    while (true) {
      var line = reader.next();
      if (line == null) {
        throw new IOException("the bridge ended");
      }
      var frame = FrameCodec.decodeBridgeFrame(line);
      if (wanted.isInstance(frame)) {
        return wanted.cast(frame);
      }
    }
  }
}
