package dev.ash.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Two network namespaces and a wire between them: in one is the pod that a policy is about, in the
 * other are all others, each with an address of its own. Nothing of it outlives {@link #close}.
 */
final class PodNetwork implements AutoCloseable {
  private static final String PREFIX = "ash-test-";
  private static final Pattern NAME = Pattern.compile(PREFIX + "[a-z]+-(\\d+)\\b.*");
  private static final long LONGEST_S = 30;

  private final Path work;
  private final String inner = PREFIX + "pod-" + ProcessHandle.current().pid();
  private final String outer = PREFIX + "out-" + ProcessHandle.current().pid();
  private final Set<String> listening = new HashSet<>();
  private final Pod subject;
  private @Nullable Process innerProber;
  private @Nullable Process outerProber;

  /** Skips the test where namespaces or nft cannot be had. */
  PodNetwork(Path work, Pod subject, List<Pod> others) throws Exception {
    this.work = work;
    this.subject = subject;
    assumeTrue("root".equals(System.getProperty("user.name")), "network namespaces need root");
    assumeTrue(found("ip"), "ip is not installed (Debian: apt-get install iproute2)");
    assumeTrue(found("nft"), "nft is not installed (Debian: apt-get install nftables)");
    deleteLeftovers();
    var probe = PREFIX + "probe-" + ProcessHandle.current().pid();
    assumeTrue(
        Helm.run(work, List.of("ip", "netns", "add", probe)).code() == 0,
        "this machine makes no network namespaces");
    delete(probe);
    try {
      run("ip", "netns", "add", inner);
      run("ip", "netns", "add", outer);
      run(
          "ip", "-n", inner, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns",
          outer);
      address(inner, subject);
      for (var pod : others) {
        address(outer, pod);
      }
      for (var namespace : List.of(inner, outer)) {
        run("ip", "-n", namespace, "link", "set", "lo", "up");
        run("ip", "-n", namespace, "link", "set", "eth0", "up");
      }
      innerProber = prober(inner);
      outerProber = prober(outer);
    } catch (Exception | AssertionError e) {
      close();
      throw e;
    }
  }

  /** Puts a ruleset of nft's in force for the pod. */
  void rules(String ruleset) throws Exception {
    var file = Files.writeString(work.resolve("rules.nft"), ruleset);
    run("ip", "netns", "exec", inner, "nft", "-f", file.toString());
  }

  /** Whether a byte comes back, by real sockets. One of the two is the pod of the rules. */
  boolean passes(Pod from, Pod to, String protocol, int port) throws IOException {
    var target = "%s %s %d".formatted(protocol, to.address(), port);
    if (listening.add(target)) {
      assertThat(ask(to, "listen " + target)).isEqualTo("listens");
    }
    var answer =
        ask(from, "probe %s %s %s %d".formatted(protocol, from.address(), to.address(), port));
    assertThat(answer).isIn("open", "closed");
    return answer.equals("open");
  }

  private String ask(Pod where, String line) throws IOException {
    var process = Objects.requireNonNull(where.equals(subject) ? innerProber : outerProber);
    Writer to = process.outputWriter(UTF_8);
    to.write(line + "\n");
    to.flush();
    return answer(process);
  }

  /** Who reads from a process hears no interrupt, so one that is silent is ended. */
  private static String answer(Process process) throws IOException {
    var late =
        new CompletableFuture<@Nullable Void>()
            .completeOnTimeout(null, LONGEST_S, TimeUnit.SECONDS);
    var _ = late.thenRun(process::destroyForcibly);
    try {
      var line = process.inputReader(UTF_8).readLine();
      return line == null ? "ended" : line;
    } finally {
      late.cancel(false);
    }
  }

  private Process prober(String namespace) throws IOException {
    var process =
        new ProcessBuilder(
                "ip",
                "netns",
                "exec",
                namespace,
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx32m",
                "-cp",
                System.getProperty("java.class.path"),
                Prober.class.getName())
            .redirectError(work.resolve(namespace + ".err").toFile())
            .start();
    try {
      assertThat(answer(process)).isEqualTo("ready");
      return process;
    } catch (IOException | AssertionError e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private void address(String namespace, Pod pod) throws Exception {
    run("ip", "-n", namespace, "addr", "add", pod.address() + "/24", "dev", "eth0");
  }

  private void run(String... line) throws Exception {
    var outcome = Helm.run(work, List.of(line));
    assertThat(outcome.code()).as(String.join(" ", line) + ": " + outcome.err()).isZero();
  }

  private static boolean found(String program) {
    return List.of(System.getenv("PATH").split(":", -1)).stream()
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  /** Of tests that were killed; their processes are gone, and namespaces outlive them. */
  private void deleteLeftovers() throws Exception {
    for (var line : Helm.run(work, List.of("ip", "netns", "list")).out().lines().toList()) {
      var matcher = NAME.matcher(line);
      if (matcher.matches() && isNobodys(Long.parseLong(matcher.group(1)))) {
        delete(line.split(" ", 2)[0]);
      }
    }
  }

  private static boolean isNobodys(long pid) {
    return pid == ProcessHandle.current().pid() || ProcessHandle.of(pid).isEmpty();
  }

  @Override
  public void close() throws IOException {
    try {
      for (var process : Arrays.asList(innerProber, outerProber)) {
        if (process != null) {
          process.destroyForcibly();
        }
      }
      for (var process : Arrays.asList(innerProber, outerProber)) {
        if (process != null) {
          process.onExit().orTimeout(10, TimeUnit.SECONDS).join();
        }
      }
    } finally {
      // One that is not there is no harm.
      delete(inner);
      delete(outer);
    }
  }

  private void delete(String namespace) throws IOException {
    try {
      Helm.run(work, List.of("ip", "netns", "del", namespace));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while deleting " + namespace, e);
    }
  }
}
