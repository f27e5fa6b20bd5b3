package dev.ash.node.sandbox;

import dev.ash.config.AgentConfig;
import dev.ash.config.SandboxConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What every sandbox of this node has from the host.
 *
 * @param launcher the script that becomes a sandbox
 * @param filter the system call filter
 * @param javaHome of this process; the bridge runs on it
 */
record Host(
    SandboxConfig config,
    boolean root,
    Path launcher,
    Path filter,
    Path javaHome,
    Path bridgeHome,
    Optional<Path> claude,
    List<Path> javaSettings) {

  private static final String NODE_FOLDER = ".node";

  Host {
    javaSettings = List.copyOf(javaSettings);
  }

  /** Writes the script and the filter where the launcher finds them. */
  static Host prepare(Path sandboxes, SandboxConfig config, AgentConfig agent, boolean root)
      throws IOException {
    var own = sandboxes.resolve(NODE_FOLDER);
    Files.createDirectories(own, SandboxFolder.PRIVATE);
    var launcher = own.resolve("launch.sh");
    Files.writeString(launcher, resource("launch.sh"));
    var filter = own.resolve("seccomp.bpf");
    Files.write(filter, SeccompFilter.bytes(Syscalls.of(System.getProperty("os.arch"))));
    var claude = agent.claude();
    return new Host(
        config,
        root,
        launcher,
        filter,
        Path.of(System.getProperty("java.home")).toRealPath(),
        config.bridgeHome().toAbsolutePath(),
        claude.isPresent() ? Optional.of(claude.get().toRealPath()) : Optional.empty(),
        settingsInEtc());
  }

  static boolean isNodeFolder(Path entry) {
    return entry.endsWith(NODE_FOLDER);
  }

  static String resource(String name) throws IOException {
    try (var in = Host.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException(name + " is not in the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Distributions' own JDKs are links to settings in /etc. */
  private static List<Path> settingsInEtc() throws IOException {
    var found = new ArrayList<Path>();
    if (Files.isDirectory(Path.of("/etc"))) {
      try (var entries = Files.newDirectoryStream(Path.of("/etc"), "java*")) {
        entries.forEach(found::add);
      }
    }
    found.sort(Comparator.naturalOrder());
    return found;
  }
}
