package dev.ash.node.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** What runs as a sandbox's top process. */
@FunctionalInterface
interface Program {

  /** The command line, with paths as they are seen inside. */
  List<String> command(Layout layout) throws IOException;

  /**
   * Where things are for the program.
   *
   * @param java the {@code java} program
   * @param bridgeHome folder of the bridge, as the program sees it
   * @param socket on which the bridge shall listen
   */
  record Layout(Path java, Path bridgeHome, Path socket) {}

  /**
   * The bridge: a JVM as small as its options say, started from its AOT cache when there is one.
   * The cache fits one class path, so the order of the jars is that of bridge/build-aot.sh: by
   * name.
   *
   * @param home the bridge's folder on the host
   * @param egress whether it passes connections on to the node's proxy
   */
  static Program bridge(Path home, boolean egress) {
    return layout -> {
      var command = new ArrayList<String>();
      command.add(layout.java().toString());
      if (Files.isRegularFile(home.resolve("jvm.options"))) {
        command.add("@" + layout.bridgeHome().resolve("jvm.options"));
      }
      if (Files.isRegularFile(home.resolve("bridge.aot"))) {
        command.add("-XX:AOTCache=" + layout.bridgeHome().resolve("bridge.aot"));
      }
      command.add("-cp");
      command.add(
          jars(home).stream()
              .map(jar -> layout.bridgeHome().resolve("lib").resolve(jar).toString())
              .collect(Collectors.joining(":")));
      command.add("dev.ash.bridge.Main");
      command.add(layout.socket().toString());
      if (egress) {
        command.add(Integer.toString(Sandboxes.EGRESS_PORT));
        command.add(layout.socket().resolveSibling(Sandboxes.EGRESS_SOCKET).toString());
      }
      return command;
    };
  }

  private static List<Path> jars(Path home) throws IOException {
    var names = new ArrayList<Path>();
    try (var jars = Files.newDirectoryStream(home.resolve("lib"), "*.jar")) {
      for (var jar : jars) {
        names.add(jar.getFileName());
      }
    }
    if (names.isEmpty()) {
      throw new IOException(home.resolve("lib") + ": no jars (expected: the bridge's jars)");
    }
    names.sort(Comparator.naturalOrder());
    return names;
  }
}
