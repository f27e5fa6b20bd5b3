package dev.ash.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Two network namespaces and a wire between them: in one is the pod that a policy is about, in the
 * other are all others, each with an address of its own. Nothing of it outlives {@link #close}.
 */
final class PodNetwork implements AutoCloseable {
  private final Path work;
  private final String inner = "ash-pod-" + ProcessHandle.current().pid();
  private final String outer = "ash-out-" + ProcessHandle.current().pid();
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
    assumeTrue(
        Helm.run(work, List.of("ip", "netns", "add", inner)).code() == 0,
        "this machine makes no network namespaces");
    try {
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
    return answer(process.inputReader(UTF_8));
  }

  private static String answer(BufferedReader from) throws IOException {
    var line = from.readLine();
    return line == null ? "ended" : line;
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
    assertThat(answer(process.inputReader(UTF_8))).isEqualTo("ready");
    return process;
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

  @Override
  public void close() throws IOException {
    for (var process : Arrays.asList(innerProber, outerProber)) {
      if (process != null) {
        process.destroyForcibly();
        process.onExit().orTimeout(10, TimeUnit.SECONDS).join();
      }
    }
    // One that is not there is no harm.
    delete(inner);
    delete(outer);
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
