package dev.ash.node.sandbox;

import java.util.List;

/** What an operator can do about a sandbox that did not start, by what its programs said. */
final class Advice {
  private record Symptom(String text, String remedy) {}

  private static final String NAMESPACES =
      "this kernel does not let the node make user namespaces: set sysctl"
          + " user.max_user_namespaces=15000, kernel.unprivileged_userns_clone=1 (Debian) and"
          + " kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu); in a container allow"
          + " unshare and mount in its seccomp profile";

  /** In this order: the first that fits is told. */
  private static final List<Symptom> SYMPTOMS =
      List.of(
          new Symptom("Creating new namespace failed", NAMESPACES),
          new Symptom("No permissions to create", NAMESPACES),
          new Symptom("setting up uid map", NAMESPACES),
          new Symptom("unshare: unshare failed", NAMESPACES),
          new Symptom("max_user_namespaces", NAMESPACES),
          new Symptom(
              "Can't mount proc",
              "the container hides parts of /proc: run it with"
                  + " --security-opt systempaths=unconfined (Docker) or procMount: Unmasked"
                  + " (Kubernetes)"),
          new Symptom(
              "Unknown option --disable-userns",
              "bubblewrap is too old: version 0.8.0 or newer is needed"),
          new Symptom("setpriv: not found", "install util-linux: apt-get install util-linux"),
          new Symptom("prlimit: not found", "install util-linux: apt-get install util-linux"),
          new Symptom(
              "setpriv: unrecognized option", "util-linux is too old: 2.33 or newer is needed"),
          new Symptom(
              "bwrap: not found",
              "install bubblewrap (apt-get install bubblewrap) or set ASH_BWRAP to the program"),
          new Symptom(
              "failed to execute /", // setpriv or prlimit about bwrap
              "install bubblewrap (apt-get install bubblewrap) or set ASH_BWRAP to the program"),
          new Symptom(
              "Can't find source path",
              "the sandbox's user cannot reach that path: put the node, its JDK and the agent's"
                  + " program where every user can read them"),
          new Symptom(
              "Could not find or load main class",
              "the bridge's jars are missing or unreadable: check ASH_BRIDGE_HOME"),
          new Symptom(
              "Resource temporarily unavailable",
              "a limit on processes is too low: raise ash.sandbox.pids or the node's own limit"));

  private Advice() {}

  /** The remedy for what was printed, as the end of a message; empty when none is known. */
  static String on(String output) {
    for (var symptom : SYMPTOMS) {
      if (output.contains(symptom.text())) {
        return ". What to do: " + symptom.remedy();
      }
    }
    return "";
  }
}
