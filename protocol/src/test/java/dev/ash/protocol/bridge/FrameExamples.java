package dev.ash.protocol.bridge;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One frame of every form, by the name of its golden file. */
final class FrameExamples {
  static final Map<String, NodeFrame> NODE =
      Map.ofEntries(
          Map.entry("hello", new NodeFrame.Hello("s3cret", 7, 10_000)),
          Map.entry("renew", new NodeFrame.Renew()),
          Map.entry(
              "start-program",
              new NodeFrame.StartProgram(
                  1,
                  List.of("/opt/claude/claude", "--verbose"),
                  Map.of("PATH", "/usr/bin:/bin", "HOME", "/home/agent"))),
          Map.entry("start-mock", new NodeFrame.StartMock(2, "ac71cc92")),
          Map.entry("line", new NodeFrame.Line(3, "{\"type\":\"user\",\"ü\":\"😀\"}", true)),
          Map.entry("stop-agent", new NodeFrame.StopAgent(4, 5000)),
          Map.entry(
              "exec", new NodeFrame.Exec(5, "ls -l\n\"a\"", 30_000, Map.of("A", "b"), 10_485_760)),
          Map.entry("list", new NodeFrame.ListFiles(6, true, List.of(".git", "node_modules"))),
          Map.entry("read", new NodeFrame.Read(7, "a/b.txt", 262_144, 65_536)),
          Map.entry("write", new NodeFrame.Write(8, "a/b.txt", 0, bytes("hello"), true)),
          Map.entry("delete", new NodeFrame.Delete(9, "a/b.txt")),
          Map.entry("bye", new NodeFrame.Bye()));

  static final Map<String, BridgeFrame> BRIDGE =
      Map.ofEntries(
          Map.entry("ready", new BridgeFrame.Ready(2)),
          Map.entry(
              "agent-line", new BridgeFrame.AgentLine("{\"type\":\"x\"}", BridgeFrame.End.LINE)),
          Map.entry("agent-log", new BridgeFrame.AgentLog("[warn] \u0007 tab\t")),
          Map.entry("agent-exited", new BridgeFrame.AgentExited(137)),
          Map.entry(
              "output", new BridgeFrame.Output(5, BridgeFrame.Stream.STDERR, bytes("error\n"))),
          Map.entry("exec-result", new BridgeFrame.ExecResult(5, 3, false)),
          Map.entry(
              "entries",
              new BridgeFrame.Entries(
                  6,
                  List.of(
                      new BridgeFrame.Entry(
                          "a",
                          BridgeFrame.Kind.DIRECTORY,
                          4096,
                          0755,
                          1_795_312_854_000_000_001L,
                          Optional.empty(),
                          Optional.empty()),
                      new BridgeFrame.Entry(
                          "a/ü.txt",
                          BridgeFrame.Kind.FILE,
                          5,
                          0644,
                          -1,
                          Optional.of("00".repeat(32)),
                          Optional.empty()),
                      new BridgeFrame.Entry(
                          "a/l",
                          BridgeFrame.Kind.LINK,
                          7,
                          0777,
                          0,
                          Optional.empty(),
                          Optional.of("../b"))),
                  true,
                  false)),
          Map.entry("data", new BridgeFrame.Data(7, bytes("hello"), 5, true)),
          Map.entry("done", new BridgeFrame.Done(8)),
          Map.entry(
              "failed",
              new BridgeFrame.Failed(9, BridgeFrame.Failure.NOT_A_FILE, "a/b: not a file")));

  private FrameExamples() {}

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }
}
