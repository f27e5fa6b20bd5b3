package dev.ash.node.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.sandbox.Cgroups.Controller;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Cgroup files as plain files: shows what is written, whichever version this machine has. */
final class CgroupsTest {
  private static final Limits LIMITS = new Limits(1L << 30, 150, 99);

  @TempDir Path temp;
  private Path proc;

  @BeforeEach
  void makeProc() throws IOException {
    proc = Files.createDirectories(temp.resolve("proc"));
  }

  private Path mounted(String type, String options) throws IOException {
    var point = Files.createDirectories(temp.resolve(options.replace(',', '-')));
    var line =
        "30 24 0:26 / %s rw,nosuid shared:9 - %s none rw,%s\n".formatted(point, type, options);
    var mountinfo = proc.resolve("mountinfo");
    Files.writeString(
        mountinfo, (Files.exists(mountinfo) ? Files.readString(mountinfo) : "") + line);
    return point;
  }

  @Test
  void limitsByVersion1() throws Exception {
    var memory = mounted("cgroup", "memory");
    var cpu = mounted("cgroup", "cpu,cpuacct");
    mounted("cgroup", "pids");
    mounted("cgroup", "freezer");

    var cgroups = Cgroups.find(proc, "node-1");
    var cgroup = cgroups.create("s-1", LIMITS);

    assertThat(memory.resolve("ash/node-1/s-1/memory.limit_in_bytes")).hasContent("1073741824");
    assertThat(cpu.resolve("ash/node-1/s-1/cpu.cfs_quota_us")).hasContent("150000");
    assertThat(temp.resolve("pids/ash/node-1/s-1/pids.max")).hasContent("99");
    assertThat(cgroup.canFreeze()).as("what it freezes cannot be killed").isFalse();
    assertThat(cgroup.joinFiles()).hasSize(3);
    assertThat(cgroups.means(Controller.MEMORY, "none")).isEqualTo("cgroup v1");
    Files.writeString(
        memory.resolve("ash/node-1/s-1/memory.oom_control"), "under_oom 0\noom_kill 2\n");
    assertThat(cgroup.oomKills()).isEqualTo(2);
  }

  @Test
  void limitsByVersion2BelowItsOwnGroup() throws Exception {
    var mount = mounted("cgroup2", "nsdelegate");
    Files.writeString(mount.resolve("cgroup.type"), "domain");
    Files.writeString(proc.resolve("cgroup"), "0::/system.slice/ash.service\n");
    var own = Files.createDirectories(mount.resolve("system.slice/ash.service"));
    Files.writeString(own.resolve("cgroup.controllers"), "cpuset cpu io memory pids\n");
    Files.writeString(own.resolve("cgroup.procs"), "41\n42\n");

    var cgroups = Cgroups.find(proc, "node-1");
    var cgroup = cgroups.create("s-1", LIMITS);
    cgroup.freeze(true);

    var group = own.resolve("ash/node-1/s-1");
    assertThat(group.resolve("memory.max")).hasContent("1073741824");
    assertThat(group.resolve("memory.swap.max")).hasContent("0");
    assertThat(group.resolve("cpu.max")).hasContent("150000 100000");
    assertThat(group.resolve("pids.max")).hasContent("99");
    assertThat(group.resolve("cgroup.freeze")).hasContent("1");
    // a group with processes of its own cannot give controllers on
    assertThat(own.resolve("ash-node/cgroup.procs")).exists();
    assertThat(own.resolve("cgroup.subtree_control")).exists();
    assertThat(own.resolve("ash/node-1/cgroup.subtree_control")).exists();
    assertThat(cgroup.joinFiles()).containsExactly(group.resolve("cgroup.procs"));
    Files.writeString(group.resolve("memory.events"), "low 0\noom 1\noom_kill 1\n");
    assertThat(cgroup.oomKills()).isEqualTo(1);
    assertThat(cgroups.means(Controller.MEMORY, "none")).isEqualTo("cgroup v2");
  }

  @Test
  void saysWhatIsNotLimited() throws Exception {
    mounted("tmpfs", "size");

    var cgroups = Cgroups.find(proc, "node-1");

    assertThat(cgroups.has(Controller.MEMORY)).isFalse();
    assertThat(cgroups.means(Controller.MEMORY, "not limited")).isEqualTo("not limited");
    assertThat(cgroups.create("s-1", LIMITS).joinFiles()).isEmpty();
  }
}
