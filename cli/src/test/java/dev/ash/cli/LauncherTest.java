package dev.ash.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher as a process, in a copy of the repository's scripts. The JDK, the node and the
 * client in it are shell scripts that say how they were called.
 */
final class LauncherTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  private final List<Process> started = new ArrayList<>();
  private @TempDir Path folder;
  private Path root = Path.of("");
  private Path home = Path.of("");

  record Result(int exit, String out, String err) {}

  @BeforeEach
  void copyScripts() throws IOException {
    root = Files.createDirectories(folder.resolve("a clone"));
    home = Files.createDirectories(folder.resolve("home"));
    Files.createDirectories(root.resolve("launcher"));
    script(root.resolve("ash"), Files.readString(ROOT.resolve("ash")));
    try (var parts = Files.list(ROOT.resolve("launcher"))) {
      for (var part : parts.toList()) {
        Files.copy(part, root.resolve("launcher").resolve(part.getFileName()));
      }
    }
    jar("cli", "ash-cli");
    jar("cluster-node", "ash-cluster-node");
    jar("mcp", "ash-mcp");
    jdk("jdks/jdk-25", "25.0.1", "echo \"$@\"");
  }

  @AfterEach
  void endWhatWasStarted() throws Exception {
    run("stop");
    for (var process : started) {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void takesTheFirstJdkThatIsNewEnough() throws Exception {
    jdk("jdks/aa-jdk-17", "17.0.15", "echo wrong");
    jdk("jdks/ab-jre-25/jre", "25", "echo wrong");
    Files.delete(folder.resolve("jdks/ab-jre-25/jre/bin/javac"));

    var result = run("agent", "list");

    assertThat(result.err()).isEmpty();
    assertThat(result.out()).endsWith(" dev.ash.cli.Main agent list\n").doesNotContain("wrong");
  }

  @Test
  void theMcpServerIsAProgramOfItsOwn() throws Exception {
    var result = run("mcp", "--http", "0");

    assertThat(result.out())
        .contains("/mcp/target/ash-mcp-")
        .endsWith(" dev.ash.mcp.Main --http 0\n");
  }

  @Test
  void saysHowAClusterIsMadeAndEnded() throws Exception {
    assertThat(run("cluster").err())
        .contains(
            "cluster: nothing (expected: up [--nodes 1..9] [--port N], down, status or drain)");
    assertThat(run("cluster", "up", "--nodes", "0").err())
        .contains("cluster: --nodes 0 (expected: ");
    assertThat(run("cluster", "up", "--port=x").err()).contains("cluster: --port x (expected: ");
    assertThat(run("cluster", "up", "--nodes").err()).contains("--nodes without a value");
    assertThat(run("cluster", "down").out()).isEqualTo("No cluster is running.\n");
    assertThat(run("cluster", "status", "--json").out())
        .endsWith(" dev.ash.cli.Main cluster status --json\n");
  }

  @Test
  void refusesAClusterWhosePortsAreTaken() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var port = Integer.toString(taken.getLocalPort());

      assertThat(run("cluster", "up", "--nodes", "1", "--port", port).err())
          .contains("port " + port + " is in use by ")
          .contains("Choose others: ./ash cluster up --port ");
    }
  }

  @Test
  void prefersJavaHomeWhenItSuits() throws Exception {
    var own = jdk("own", "26", "echo own");

    assertThat(run(List.of("JAVA_HOME=" + own), "health").out()).isEqualTo("own\n");
    assertThat(run(List.of("JAVA_HOME=" + jdk("old", "24", "echo old")), "health").out())
        .contains("dev.ash.cli.Main health");
  }

  @Test
  void namesWhatToInstallWhenThereIsNoJdk() throws Exception {
    var result = run(List.of("ASH_JDK_DIRS=" + folder.resolve("nowhere")), "health");

    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err())
        .startsWith("ash: needs a JDK 25 or newer and found none")
        .contains("temurin-25-jdk", "JAVA_HOME", folder.resolve("nowhere").toString());
  }

  @Test
  void findsItsFolderThroughLinks() throws Exception {
    Files.createDirectories(folder.resolve("bin"));
    Files.createSymbolicLink(folder.resolve("bin/first"), Path.of("../a clone/ash"));
    Files.createSymbolicLink(folder.resolve("bin/ash"), Path.of("first"));

    var result = execute(List.of(), folder.resolve("bin/ash").toString(), "health");

    assertThat(result.out()).contains(root + "/cli/target/ash-cli-0.2.0.jar:");
  }

  @Test
  void passesArgumentsAsTheyAre() throws Exception {
    jdk("jdks/jdk-25", "25", "for a in \"$@\"; do echo \"<$a>\"; done");

    assertThat(run("chat", "a b", "c  'd' $HOME").out())
        .endsWith("<dev.ash.cli.Main>\n<chat>\n<a b>\n<c  'd' $HOME>\n");
  }

  @Test
  void theNodeInTheForegroundTakesTheShellsPlace() throws Exception {
    jdk(
        "jdks/jdk-25",
        "25",
        "trap 'echo drained; exit 0' TERM; echo $$ $ASH_BRIDGE_HOME; while :; do sleep 0.1; done");
    var process = start(List.of(), root.resolve("ash").toString(), "start", "--foreground");
    var line = process.inputReader().readLine();

    assertThat(line).isEqualTo(process.pid() + " " + root + "/bridge/target/home");
    process.toHandle().destroy();

    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
    assertThat(process.inputReader().readLine()).isEqualTo("drained");
  }

  @Test
  void aCrashOfTheNodeLeavesNoCore() throws Exception {
    jdk("jdks/jdk-25", "25", "grep 'core file' /proc/self/limits");

    assertThat(run("start", "--foreground").out().split(" +"))
        .startsWith("Max", "core", "file", "size", "0", "0");
  }

  @Test
  void theNodesLibrariesComeInByteOrder() throws Exception {
    for (var name : List.of("b.jar", "B.jar", "a_2.jar", "a-1.jar")) {
      Files.createFile(root.resolve("cluster-node/target/lib").resolve(name));
    }

    var classPath = run("start", "--foreground").out();

    assertThat(Arrays.stream(classPath.split("[: ]")).filter(word -> word.contains("/lib/")))
        .extracting(word -> word.replaceAll(".*/", ""))
        .containsExactly("B.jar", "a-1.jar", "a_2.jar", "b.jar", "x.jar");
    assertThat(classPath).contains("-Xmx768m", "-XX:+UseSerialGC", "dev.ash.node.Main");
  }

  @Test
  void theNodesMemoryAndCollectorCanBeChosen() throws Exception {
    var flags =
        run(List.of("ASH_NODE_HEAP=2g", "ASH_NODE_OPTS=-XX:+UseZGC"), "start", "--foreground")
            .out();

    assertThat(flags).contains("-Xmx2g", "-XX:+UseZGC").doesNotContain("UseSerialGC");
  }

  @Test
  void optionsOfStartAreTheNodesEnvironment() throws Exception {
    jdk("jdks/jdk-25", "25", "echo $ASH_PORT $ASH_API_KEY $ASH_DATABASE_URL \"$X\"");

    var result =
        run(
            "start",
            "--foreground",
            "--port=4222",
            "--api-key",
            "k",
            "--database-url",
            "postgresql://h/d",
            "-e",
            "X=a b");

    assertThat(result.out()).isEqualTo("4222 k postgresql://h/d a b\n");
    assertThat(run("start", "--nonsense").err()).contains("start: --nonsense (expected: ");
    assertThat(run("start", "-e", "1X=2").err()).contains("--env: 1X=2 (expected: NAME=VALUE)");
  }

  @Test
  void startsInTheBackgroundShowsStatusAndStops() throws Exception {
    jdk(
        "jdks/jdk-25",
        "25",
        """
        case "$*" in
        *dev.ash.node.Main) echo node in $ASH_DATA_DIR; exec sleep 100 ;;
        *) echo "client: $*" ;;
        esac
        """);
    var port = freePort();

    var start = run(List.of("ASH_PORT=" + port), "start");
    var again = run(List.of("ASH_PORT=" + port), "start");
    var status = run("status");
    var pid = Files.readString(home.resolve(".ash/run/node.pid")).replaceFirst(" .*\n", "");
    var log = Awaitility.await().until(() -> run("logs").out(), text -> !text.isEmpty());
    var stop = run("stop");

    assertThat(start.err()).isEmpty();
    assertThat(start.out())
        .startsWith("Starting Ash server...\n")
        .contains("await-node --url http://localhost:" + port, "--pid " + pid);
    assertThat(again.out()).startsWith("Ash server is already running (pid " + pid + ")");
    assertThat(status.out()).contains("node-status --pid " + pid);
    assertThat(log).isEqualTo("node in " + home + "/.ash/data\n");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve(".ash"))))
        .isEqualTo("rwx------");
    assertThat(stop).isEqualTo(new Result(0, "Stopping Ash server...\nAsh server stopped.\n", ""));
    assertThat(runs(pid)).isFalse();
    assertThat(run("status").out()).isEqualTo("Container: not-found\n");
  }

  @Test
  void aNodeThatDoesNotComeUpShowsItsLog() throws Exception {
    jdk(
        "jdks/jdk-25",
        "25",
        """
        case "$*" in
        *dev.ash.node.Main) echo cannot ;;
        *) until [ -s "$ASH_HOME/logs/node.log" ]; do sleep 0.1; done ;;
        esac
        exit 1
        """);

    var result = run(List.of("ASH_PORT=" + freePort()), "start");

    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).contains("the end of", "node.log", "cannot");
    assertThat(home.resolve(".ash/run/node.pid")).doesNotExist();
  }

  @Test
  void saysWhoHasThePort() throws Exception {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var result = run(List.of("ASH_PORT=" + socket.getLocalPort()), "start");

      assertThat(result.exit()).isEqualTo(1);
      assertThat(result.err())
          .contains("port " + socket.getLocalPort() + " is in use by ")
          .contains("(pid " + ProcessHandle.current().pid() + ")")
          .contains("ASH_PORT=" + (socket.getLocalPort() + 1) + " ./ash start");
    }
  }

  @Test
  void refusesAPortThatIsNone() throws Exception {
    assertThat(run(List.of("ASH_PORT=x1"), "start").err())
        .contains("port: x1 (expected: 1..65535)");
    assertThat(run("start", "--port", "70000").err()).contains("port: 70000 (expected: 1..65535)");
  }

  @Test
  void stopLeavesAloneWhoGotThePidLater() throws Exception {
    var stranger = start(List.of(), "sleep", "100");
    Files.createDirectories(home.resolve(".ash/run"));
    Files.writeString(home.resolve(".ash/run/node.pid"), stranger.pid() + " 12345\n");

    assertThat(run("stop")).isEqualTo(new Result(0, "No Ash server container found.\n", ""));
    assertThat(stranger.isAlive()).isTrue();
    assertThat(home.resolve(".ash/run/node.pid")).doesNotExist();
  }

  @Test
  void stopSurvivesABrokenPidFile() throws Exception {
    Files.createDirectories(home.resolve(".ash/run"));
    Files.writeString(home.resolve(".ash/run/node.pid"), "$(id) -1\n");

    assertThat(run("stop").exit()).isZero();
  }

  @Test
  void saysHowToInstallNpm() throws Exception {
    var bin = Files.createDirectories(folder.resolve("bin"));
    for (var tool : List.of("date", "dirname", "uname", "mkdir", "cat", "id", "readlink")) {
      script(bin.resolve(tool), "#!/bin/sh\nexec /usr/bin/" + tool + " \"$@\"\n");
    }
    script(bin.resolve("bwrap"), "#!/bin/sh\n");

    var result = run(List.of("PATH=" + bin), "tools");

    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).contains("npm", "apt-get install -y npm", "CLAUDE_CODE_EXECUTABLE");
  }

  @Test
  void anAgentBinaryComesWholeOrNotAtAll() throws Exception {
    var bin = Files.createDirectories(folder.resolve("bin"));
    script(bin.resolve("bwrap"), "#!/bin/sh\n");
    script(bin.resolve("npm"), "#!/bin/sh\necho no such package >&2\nexit 1\n");
    var path = "PATH=" + bin + ":/usr/bin:/bin";

    var failed = run(List.of(path), "tools");
    script(
        bin.resolve("npm"),
        """
        #!/bin/sh
        cd "$4" && mkdir package && echo '#!/bin/sh' > package/claude && tar -czf x.tgz package
        """);
    var installed = run(List.of(path), "tools");

    assertThat(failed.exit()).isEqualTo(1);
    assertThat(failed.err()).contains("no such package", "CLAUDE_CODE_EXECUTABLE");
    assertThat(installed.exit()).isZero();
    var tools = home.resolve(".cache/ash");
    try (var left = Files.list(tools)) {
      assertThat(left.toList()).hasSize(1);
    }
    assertThat(Files.isExecutable(tools.resolve("claude-0.3.330/claude"))).isTrue();
    assertThat(run(List.of(path), "tools").err()).doesNotContain("fetching");
  }

  @Test
  void countsTestsOfAllModulesAndFailsWithThem() throws Exception {
    var bin = Files.createDirectories(folder.resolve("bin"));
    script(
        bin.resolve("mvn"),
        """
        #!/bin/sh
        [ -n "$SUITE" ] || exit 0
        echo "$@"
        mkdir -p m/target/surefire-reports
        printf '<?xml version="1.0"?>\\n<testsuite name="x" tests="5" errors="%s" skipped="1" failures="%s">\\n' "${ERRORS:-1}" "$SUITE" \
          > m/target/surefire-reports/TEST-x.xml
        printf '<testsuite name="tests=&quot;9&quot;" time="1" tests="3" errors="0" skipped="0" failures="0">\\n' \
          > m/target/surefire-reports/TEST-y.xml
        printf '<system-out><![CDATA[\\n%s\\n]]></system-out>\\n' "$PRINTED" >> m/target/surefire-reports/TEST-y.xml
        [ "$SUITE" = 0 ]
        """);
    var path = "PATH=" + bin + ":/usr/bin:/bin";

    var all = run(List.of(path, "SUITE=1"), "test", "--all", "--", "-pl", "m");

    assertThat(all.exit()).isEqualTo(1);
    assertThat(all.out()).contains("cluster-node/target verify -Dtest.excludedGroups= -pl m\n");
    assertThat(all.out()).endsWith("\n5 passed, 2 failed, 1 skipped\n");
    assertThat(run(List.of(path, "SUITE="), "test"))
        .isEqualTo(new Result(1, "\n0 passed, 0 failed, 0 skipped\n", "ash: no test ran\n"));
    assertThat(run(List.of(path, "SUITE=0"), "test", "--soak").out())
        .contains("-Dtest.excludedGroups= -Dgroups=soak");
    assertThat(run(List.of(path), "test", "--fast").exit()).isEqualTo(1);
    var clean = run(List.of(path, "SUITE=0", "ERRORS=0", "PRINTED=a Canary"), "test");
    assertThat(clean.exit()).isZero();
    var leaky = run(List.of(path, "SUITE=0", "ERRORS=0", "PRINTED=the key-canary-12"), "test");
    assertThat(leaky.exit()).isEqualTo(1);
    assertThat(leaky.out()).endsWith("\n7 passed, 0 failed, 1 skipped\n");
    assertThat(leaky.err()).contains("a secret of the tests stands in", "TEST-y.xml");
  }

  /** A process that waits for a parent to look at it does not run. */
  private static boolean runs(String pid) throws IOException {
    var stat = Path.of("/proc/" + pid + "/stat");
    return Files.exists(stat) && !Files.readString(stat).contains(") Z ");
  }

  private Result run(String... arguments) throws Exception {
    return run(List.of(), arguments);
  }

  private Result run(List<String> environment, String... arguments) throws Exception {
    var command = new ArrayList<String>();
    command.add(root.resolve("ash").toString());
    command.addAll(List.of(arguments));
    return execute(environment, command.toArray(String[]::new));
  }

  private Result execute(List<String> environment, String... command) throws Exception {
    var err = Files.createTempFile(folder, "err", "");
    var process = start(environment, err, command);
    var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Result(process.exitValue(), out, Files.readString(err));
  }

  private Process start(List<String> environment, String... command) throws IOException {
    return start(environment, Files.createTempFile(folder, "err", ""), command);
  }

  private Process start(List<String> environment, Path err, String... command) throws IOException {
    var builder =
        new ProcessBuilder(command).redirectError(err.toFile()).directory(folder.toFile());
    builder.environment().clear();
    builder.environment().put("HOME", home.toString());
    builder.environment().put("PATH", "/usr/bin:/bin");
    builder.environment().put("ASH_BUILD", "never");
    builder.environment().put("ASH_REAL_SDK", "0");
    builder.environment().put("ASH_JDK_DIRS", folder.resolve("jdks").toString());
    for (var assignment : environment) {
      var equals = assignment.indexOf('=');
      builder.environment().put(assignment.substring(0, equals), assignment.substring(equals + 1));
    }
    var process = builder.start();
    started.add(process);
    return process;
  }

  /** A JDK by its release file, whose java is a script. */
  private Path jdk(String name, String version, String java) throws IOException {
    var jdk = Files.createDirectories(folder.resolve(name));
    Files.createDirectories(jdk.resolve("bin"));
    Files.writeString(
        jdk.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
    script(jdk.resolve("bin/java"), "#!/bin/sh\n" + java + "\n");
    script(jdk.resolve("bin/javac"), "#!/bin/sh\n");
    return jdk;
  }

  private void jar(String module, String artifact) throws IOException {
    var target = root.resolve(module).resolve("target");
    Files.createDirectories(target.resolve("lib"));
    Files.createFile(target.resolve(artifact + "-0.2.0.jar"));
    Files.createFile(target.resolve("lib/x.jar"));
  }

  private static void script(Path file, String text) throws IOException {
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
