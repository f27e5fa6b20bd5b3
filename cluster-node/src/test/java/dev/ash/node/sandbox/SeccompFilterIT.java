package dev.ash.node.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Makes real system calls inside a sandbox. */
final class SeccompFilterIT {
  private static final int EPERM = 1;
  private static final int ENOSYS = 38;
  private static final int EAFNOSUPPORT = 97;
  private static final int EFAULT = 14;
  private static final int EINVAL = 22;
  private static final int ENOTTY = 25;
  private static final int CLONE_NEWUSER = 0x1000_0000;
  private static final int TIOCSTI = 0x5412;
  private static final int TCGETS = 0x5401;

  @TempDir static Path temp;

  private static final Syscalls CALLS = Syscalls.of(System.getProperty("os.arch"));
  private static LocalSandboxes sandboxes;
  private static Sandboxes.Sandbox sandbox;

  @BeforeAll
  static void open() throws Exception {
    Fixture.assumeBubblewrap();
    var home = StandIn.home(temp);
    StandIn.compile(
        home,
        "calls.jar",
        "dev.ash.bridge.ForbiddenCalls",
        Host.resource("ForbiddenCalls.java.txt"));
    sandboxes = Fixture.open(temp.resolve("data"), home, Map.of());
    sandbox = sandboxes.start(Fixture.spec());
  }

  @AfterAll
  static void close() throws IOException {
    if (sandboxes != null) {
      sandboxes.close();
    }
  }

  /** The errno of each call. */
  private static List<Integer> errnos(List<String> calls) {
    var ran =
        StandIn.run(
            sandbox,
            "/opt/jdk/bin/java -Xmx16m -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED"
                + " -cp /opt/bridge/lib/calls.jar dev.ash.bridge.ForbiddenCalls "
                + String.join(" ", calls));
    assertThat(ran.lines()).as(ran.output()).hasSameSizeAs(calls);
    return ran.lines().stream().map(l -> Integer.valueOf(l.substring(l.indexOf(' ') + 1))).toList();
  }

  @Test
  void deniesEveryCallOfTheList() {
    var calls = CALLS.denied().stream().map(n -> n + ":-1:-1:-1:-1:-1:-1").toList();

    assertThat(errnos(calls)).hasSizeGreaterThan(40).containsOnly(EPERM);
  }

  @Test
  void letsNobodyMakeNamespaces() {
    assertThat(
            errnos(
                List.of(
                    CALLS.fork() + ":" + CLONE_NEWUSER,
                    CALLS.fork() + ":" + (CLONE_NEWUSER | 17),
                    Syscalls.CLONE3 + ":0:0")))
        .containsExactly(EPERM, EPERM, ENOSYS);
  }

  @Test
  void allowsOnlySomeFamiliesOfSockets() {
    var stream = ":1:0";

    assertThat(
            errnos(
                List.of(
                    CALLS.socket() + ":1" + stream,
                    CALLS.socket() + ":2" + stream,
                    CALLS.socket() + ":10" + stream,
                    CALLS.socket() + ":16:3:0")))
        .containsOnly(0);
    // packet, vsock, alg, bluetooth, xdp, can, and vsock with bits the kernel does not look at
    assertThat(
            errnos(
                List.of(
                    CALLS.socket() + ":17:3:0",
                    CALLS.socket() + ":40" + stream,
                    CALLS.socket() + ":38:5:0",
                    CALLS.socket() + ":31" + stream,
                    CALLS.socket() + ":44:3:0",
                    CALLS.socket() + ":29:3:1",
                    CALLS.socket() + ":0x100000028" + stream,
                    CALLS.socketpair() + ":40:1:0:0")))
        .containsOnly(EAFNOSUPPORT);
  }

  @Test
  void letsNobodyTypeIntoATerminal() {
    assertThat(
            errnos(
                List.of(
                    CALLS.ioctl() + ":0:" + TIOCSTI + ":0",
                    CALLS.ioctl() + ":0:0x100005412:0",
                    CALLS.ioctl() + ":0:" + TCGETS + ":0")))
        .startsWith(EPERM, EPERM)
        .last()
        .isIn(0, EFAULT, EINVAL, ENOTTY);
  }

  @Test
  void refusesTheSecondAbi() {
    if (CALLS.x32()) {
      // getpid
      assertThat(errnos(List.of("39", (Syscalls.X32_BIT | 39) + ""))).containsExactly(0, ENOSYS);
    }
  }

  @Test
  void letsOrdinaryProgramsRun() {
    assertThat(
            StandIn.run(sandbox, "ls /usr/bin | sort | head -n 1 && mktemp && date && true").code())
        .isZero();
  }

  @Test
  void jumpsOnlyForwardAndEndsOnEveryPath() {
    for (var calls : List.of(Syscalls.X86_64, Syscalls.AARCH64)) {
      var bytes = SeccompFilter.bytes(calls);
      assertThat(bytes.length % 8).isZero();
      assertThat(bytes.length / 8).isBetween(50, 255);
      // each instruction is a load, a jump or a return
      var codes =
          IntStream.range(0, bytes.length / 8)
              .mapToObj(i -> Integer.valueOf(bytes[i * 8]))
              .collect(Collectors.toSet());
      assertThat(codes).isSubsetOf(0x20, 0x15, 0x35, 0x45, 0x06);
      assertThat(bytes[bytes.length - 8]).isEqualTo((byte) 0x06);
    }
  }
}
