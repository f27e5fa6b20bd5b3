package dev.ash.node.sandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The walls around a sandbox's processes. */
sealed interface Confinement permits Bubblewrap, Unconfined {

  /** As {@link Sandboxes.Isolation#level} tells it. */
  String level();

  /** Whether a user other than the node's own could work in that folder. */
  boolean suitsOtherUsers(SandboxFolder folder);

  /**
   * How a sandbox is started.
   *
   * @param directory the working folder of the new process
   * @param environment all of it
   * @param namespaced whether the new process only watches over a pid namespace of its own
   */
  record Launch(
      List<String> command, Path directory, Map<String, String> environment, boolean namespaced) {
    public Launch {
      command = List.copyOf(command);
      environment = Map.copyOf(environment);
    }
  }

  /**
   * Says how the sandbox of a folder is started.
   *
   * @param uid host user, or {@link Uids#OWN}
   * @param cgroupFiles into which the process writes its number
   */
  Launch launch(SandboxFolder folder, int uid, List<Path> cgroupFiles, Program program)
      throws IOException;

  /** Where the sandbox of a folder sees what is in it. */
  Sandboxes.Inside inside(SandboxFolder folder);

  /** Programs around the sandbox's own: another user, no new privileges, rlimits. */
  static List<String> guards(Host host, int uid) {
    var words = new ArrayList<String>();
    words.add("setpriv");
    if (uid != Uids.OWN) {
      words.addAll(List.of("--reuid", "" + uid, "--regid", "" + uid, "--clear-groups"));
    }
    words.addAll(List.of("--no-new-privs", "--pdeathsig", "SIGKILL"));
    var config = host.config();
    words.addAll(
        List.of(
            "prlimit",
            "--core=0:0",
            limit("nofile", config.openFiles()),
            limit("fsize", config.fileBytes())));
    if (uid != Uids.OWN) {
      // counted for each host user, so that a shared one would count the node's own processes
      words.add(limit("nproc", config.pids()));
    }
    return words;
  }

  private static String limit(String name, long value) {
    return "--" + name + "=" + value + ":" + value;
  }

  static List<String> joins(List<Path> cgroupFiles) {
    var words = new ArrayList<String>();
    for (var file : cgroupFiles) {
      words.add("join");
      words.add(file.toString());
    }
    return words;
  }
}
