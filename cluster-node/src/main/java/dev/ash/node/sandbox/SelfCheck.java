package dev.ash.node.sandbox;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries to break out of a sandbox of this machine, once at start-up: a kernel, a container or a
 * bubblewrap that is configured otherwise than we think shows here and not in an incident.
 */
final class SelfCheck {
  private static final Logger log = LoggerFactory.getLogger(SelfCheck.class);

  private SelfCheck() {}

  /**
   * What came out.
   *
   * @param checks name of each attempt, and whether it was blocked
   */
  record Result(Map<String, Boolean> checks) {
    static final Result NONE = new Result(Map.of());

    Result {
      checks = Collections.unmodifiableMap(new LinkedHashMap<>(checks));
    }

    List<String> failed() {
      return checks.entrySet().stream().filter(c -> !c.getValue()).map(Map.Entry::getKey).toList();
    }
  }

  static Result run(SandboxAssembly sandboxes, Path folder)
      throws IOException, SandboxException, InterruptedException {
    var began = System.nanoTime();
    var script = Host.resource("escapes.sh");
    var checks = new LinkedHashMap<String, Boolean>();
    var done = new boolean[1];
    var said = new StringBuilder();
    // something that a sandbox with the host's network would reach
    try (var target = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var self = ProcessHandle.current().pid();
      var name = Files.readString(Path.of("/proc/self/comm")).strip();
      var exit =
          sandboxes.runOnce(
              _ ->
                  List.of(
                      "/bin/sh",
                      "-c",
                      script,
                      "escapes",
                      folder.toString(),
                      Long.toString(self),
                      name,
                      Integer.toString(target.getLocalPort())),
              line -> {
                var words = line.split(" ", -1);
                if (words.length == 3 && words[0].equals("check")) {
                  checks.put(words[1], words[2].equals("blocked"));
                } else if (line.equals("done")) {
                  done[0] = true;
                } else {
                  said.append(line).append('\n');
                }
              });
      if (!done[0]) {
        var output = said.toString().strip();
        throw new SandboxException(
            "the self-check of sandboxes broke off with code "
                + exit.code()
                + (output.isEmpty() ? "" : ": " + output)
                + Advice.on(output));
      }
    }
    var result = new Result(checks);
    if (result.failed().isEmpty()) {
      log.info(
          "Sandboxes hold: {} escape attempts were blocked in {} ms",
          checks.size(),
          (System.nanoTime() - began) / 1_000_000);
    } else {
      log.error("SECURITY: sandboxes do not hold. These attempts got through: {}", result.failed());
    }
    return result;
  }
}
