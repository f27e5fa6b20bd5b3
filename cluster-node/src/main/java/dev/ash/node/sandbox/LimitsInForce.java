package dev.ash.node.sandbox;

import dev.ash.config.SandboxConfig;
import dev.ash.node.sandbox.Cgroups.Controller;
import java.util.LinkedHashMap;
import java.util.Map;

/** Says which limits hold and by what means; where one does not hold, that too. */
final class LimitsInForce {
  private LimitsInForce() {}

  static Map<String, String> of(SandboxConfig config, Cgroups cgroups, Uids uids) {
    var said = new LinkedHashMap<String, String>();
    said.put(
        "memory", cgroups.means(Controller.MEMORY, "not limited: no memory cgroup can be written"));
    said.put("cpu", cgroups.means(Controller.CPU, "not limited: no cpu cgroup can be written"));
    said.put(
        "processes",
        cgroups.means(
            Controller.PIDS,
            uids.areOwn()
                ? "not limited: no pids cgroup can be written and the node is not root"
                : "rlimit of the sandbox's own user"));
    said.put("freeze", cgroups.means(Controller.FREEZER, "signals"));
    said.put("file size", "rlimit");
    said.put("open files", "rlimit");
    if (config.isolation().equals("bwrap")) {
      said.put("tmp", "tmpfs size");
    }
    said.put("user", uids.areOwn() ? "the node's own" : "one for each sandbox");
    return Map.copyOf(said);
  }
}
