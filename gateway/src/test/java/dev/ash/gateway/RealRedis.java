package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import redis.clients.jedis.Jedis;

/** A real Redis of a test's own, which can die, come back with nothing, and hang. */
final class RealRedis implements AutoCloseable {
  private static final int TRIES = 3;

  private final Path log;
  private final int port;
  private final List<String> command;
  private Process process;

  private RealRedis(Path folder, int port, List<String> options) throws Exception {
    this.log = folder.resolve("redis-" + port + ".log");
    this.port = port;
    command =
        new ArrayList<>(List.of("redis-server", "--bind", "127.0.0.1", "--dir", folder.toString()));
    command.addAll(List.of("--save", "", "--appendonly", "no", "--daemonize", "no"));
    command.addAll(options);
    process = started();
  }

  private interface Maker {
    RealRedis on(int port) throws Exception;
  }

  /** A free port may be taken by another before Redis has it. */
  private static RealRedis onFreePort(Maker maker) throws Exception {
    for (var tries = 1; ; tries++) {
      try {
        return maker.on(ValidateTest.freePort());
      } catch (AssertionError e) {
        if (tries == TRIES || !String.valueOf(e.getMessage()).contains("Address already in use")) {
          throw e;
        }
      }
    }
  }

  /** Skips the test where there is no Redis. */
  static void assumeInstalled() throws InterruptedException {
    assumeTrue(
        RealProxy.installed("redis-server", "--version"),
        "redis-server is not installed (Debian: apt-get install redis-server)");
  }

  static RealRedis start(Path folder, String... options) throws Exception {
    assumeInstalled();
    return onFreePort(
        port -> {
          var all = new ArrayList<>(List.of("--port", Integer.toString(port)));
          all.addAll(List.of(options));
          return new RealRedis(folder, port, all);
        });
  }

  /** One that speaks TLS only, and asks a client for its certificate. */
  static RealRedis startSecure(Path folder, Certificates authority) throws Exception {
    assumeInstalled();
    return onFreePort(
        port -> {
          var server = authority.server("redis-" + port, "IP:127.0.0.1");
          var all = new ArrayList<>(List.of("--port", "0", "--tls-port", Integer.toString(port)));
          all.addAll(List.of("--tls-cert-file", server.certificate().toString()));
          all.addAll(List.of("--tls-key-file", server.key().toString()));
          all.addAll(List.of("--tls-ca-cert-file", authority.authority().toString()));
          return new RealRedis(folder, port, all);
        });
  }

  private Process started() throws Exception {
    Files.deleteIfExists(log);
    return OwnProcess.start(
        command, log, Duration.ofSeconds(30), () -> said().contains("Ready to accept connections"));
  }

  private String said() throws IOException {
    return Files.exists(log) ? Files.readString(log) : "";
  }

  int port() {
    return port;
  }

  String url() {
    return "redis://127.0.0.1:" + port;
  }

  /** A way in beside the gateway's, for one that speaks no TLS. */
  Jedis client() {
    return new Jedis("127.0.0.1", port);
  }

  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** As {@link #start}, with nothing of what it knew. */
  void restart() throws Exception {
    kill();
    process = started();
  }

  /** Takes connections and answers nothing. */
  void hang() throws Exception {
    signal("STOP");
  }

  void goOn() throws Exception {
    signal("CONT");
  }

  private void signal(String name) throws Exception {
    assertThat(RealProxy.run("kill", "-" + name, Long.toString(process.pid()))).isZero();
  }

  @Override
  public void close() {
    try {
      // A stopped one hears no other signal.
      if (!process.destroyForcibly().waitFor(10, TimeUnit.SECONDS)) {
        throw new IllegalStateException("Redis does not end");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
