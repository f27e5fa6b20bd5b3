package dev.ash.node.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The node as an ordinary user: no users to give, no cgroups to write. */
final class OrdinaryUserIT {
  @TempDir Path temp;

  @Test
  void isolatesWithoutRoot() throws Exception {
    Fixture.assumeBubblewrap();
    assumeTrue(Fixture.root(), "only root can become another user");
    var uid = 54_321;
    Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxr-xr-x"));
    var home = StandIn.home(temp);
    var data = Files.createDirectory(temp.resolve("data"));
    Files.setAttribute(data, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
    var node =
        OtherNode.start(
            List.of("setpriv", "--reuid", "" + uid, "--regid", "" + uid, "--clear-groups"),
            OtherNode.classPath(Files.createDirectory(temp.resolve("classpath"))),
            data.toString(),
            home.toString(),
            "frozen",
            "mkdir shut && touch shut/file && chmod 0 shut; id -u; ls /root",
            "i=0; while [ $i -lt 400 ]; do sleep 20 >/dev/null 2>&1 & i=$((i+1)); done; echo all; jobs -p");
    try {
      var report = OtherNode.report(node);

      assertThat(report).contains("1000", "ls: cannot access '/root': No such file or directory");
      assertThat(report).doesNotContain("all").anyMatch(l -> l.contains("Cannot fork"));
      assertThat(report).anyMatch(l -> l.contains("freeze=signals"));
      assertThat(report).anyMatch(l -> l.contains("memory=not limited"));
      var processes = OtherNode.processes(report);
      assertThat(processes).hasSizeGreaterThan(2);
      // the first only watches, so that it can reap
      assertThat(processes.subList(1, processes.size())).allMatch(p -> state(p).equals("T"));

      node.getOutputStream().write('\n');
      node.getOutputStream().flush();
      assertThat(node.waitFor()).isZero();
      await().untilAsserted(() -> assertThat(processes).noneMatch(ProcessHandle::isAlive));
      try (var left = Files.list(data.resolve("sandboxes"))) {
        assertThat(left.map(p -> p.getFileName().toString()))
            .containsExactlyInAnyOrder(".lock", ".node");
      }
    } finally {
      node.destroyForcibly();
    }
  }

  private static String state(ProcessHandle process) {
    try {
      var stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
      return stat.substring(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
    } catch (IOException e) {
      return "gone";
    }
  }
}
