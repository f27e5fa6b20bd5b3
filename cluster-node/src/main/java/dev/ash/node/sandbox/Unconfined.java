package dev.ash.node.sandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * No walls: a plain process with rlimits and, where they can be had, cgroups. For hosts that cannot
 * run bubblewrap and whose operator said {@code ASH_SANDBOX_ISOLATION=none}.
 */
record Unconfined(Host host) implements Confinement {
  private static final String NO_FILE = "/dev/null";

  @Override
  public String level() {
    return "none";
  }

  @Override
  public boolean suitsOtherUsers(SandboxFolder folder) {
    return Bubblewrap.reachable(folder.root())
        && Bubblewrap.reachable(host.javaHome())
        && Bubblewrap.reachable(host.bridgeHome());
  }

  @Override
  public Launch launch(SandboxFolder folder, int uid, List<Path> cgroupFiles, Program program)
      throws IOException {
    var layout =
        new Program.Layout(
            host.javaHome().resolve("bin/java"), host.bridgeHome(), folder.insideSocket());
    var words = new ArrayList<String>();
    words.addAll(List.of("/bin/sh", host.launcher().toString(), NO_FILE, NO_FILE));
    words.addAll(Confinement.joins(cgroupFiles));
    words.add("--");
    words.addAll(Confinement.guards(host, uid));
    words.addAll(program.command(layout));
    return new Launch(
        words,
        folder.workspace(),
        Map.of(
            "PATH", "/usr/local/bin:/usr/bin:/bin",
            "HOME", folder.home().toString(),
            "LANG", "C.UTF-8",
            "TMPDIR", "/tmp",
            "USER", "agent",
            "SHELL", "/bin/sh"),
        false);
  }

  @Override
  public Sandboxes.Inside inside(SandboxFolder folder) {
    return new Sandboxes.Inside(
        folder.workspace().toString(),
        folder.home().toString(),
        folder.hostSockets().toString(),
        host.claude().map(Path::toString).orElse(Bubblewrap.CLAUDE.toString()));
  }
}
