package dev.ash.node.e2e;

import dev.ash.bridge.Main;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A node in a process of its own, on a data folder of its own. It can be killed, ended and started
 * again on the same folder; nothing of it outlives {@link #close} or the test run.
 *
 * <p>When it ends, what it was given in confidence is looked for: in its sandboxes, its metrics,
 * its log and its files. Finding it fails the test, whatever the test is about.
 *
 * <p>Its environment is what {@link #start} is given and a few names that every test needs (mock
 * agent, free ports, a key), never that of the test run.
 */
public final class StartedNode implements AutoCloseable {
  public static final String KEY = "test-integration-key-abc123";

  private static final Pattern LISTENS = Pattern.compile("Ash listens on (http://\\S+:\\d+)");
  private static final int START_SECONDS = 90;

  /** A node with thousands of sessions hands them over first, on a slow disk for long. */
  private static final int END_SECONDS = 100;

  private static final int METRICS_MILLIS = 2000;
  private static final Set<StartedNode> OPEN = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> OPEN.forEach(StartedNode::reap)));
  }

  private final Path folder;
  private final List<String> jvmOptions;
  private final List<String> prefix;
  private final Queue<String> output = new ConcurrentLinkedQueue<>();
  private volatile SecretSearch secrets;
  private volatile Map<String, String> environment;
  private volatile Life life;

  /** The process between a start and its end. */
  private record Life(Process process, String url, Thread reader) {}

  private StartedNode(
      Path folder, Map<String, String> env, List<String> jvmOptions, List<String> prefix)
      throws IOException {
    this.folder = folder;
    this.jvmOptions = List.copyOf(jvmOptions);
    this.prefix = List.copyOf(prefix);
    this.environment = Map.copyOf(env);
    this.secrets = SecretSearch.ofNode(fullEnvironment());
    this.life = launch();
    OPEN.add(this);
  }

  /**
   * Returns when the node listens. An {@code ASH_DATA_DIR} of the caller's is left to the caller.
   */
  public static StartedNode start(Map<String, String> env) throws IOException {
    return start(env, List.of());
  }

  /** The same with options for the JVM, such as {@code -Xmx256m}. */
  public static StartedNode start(Map<String, String> env, List<String> jvmOptions)
      throws IOException {
    return start(env, jvmOptions, List.of());
  }

  /**
   * The same by way of another program.
   *
   * @param prefix words before the command; the program has to become it
   */
  public static StartedNode start(
      Map<String, String> env, List<String> jvmOptions, List<String> prefix) throws IOException {
    var folder = Files.createTempDirectory("ash-e2e-");
    try {
      return new StartedNode(folder, env, jvmOptions, prefix);
    } catch (IOException | RuntimeException | Error e) {
      delete(folder);
      throw e;
    }
  }

  private Life launch() throws IOException {
    var command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m"));
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of("--sun-misc-unsafe-memory-access=allow"));
    command.add("--add-opens=java.base/java.lang=ALL-UNNAMED");
    command.addAll(NodeProgram.FOUND.options());
    command.addAll(jvmOptions);
    command.addAll(List.of("-cp", NodeProgram.FOUND.classPath(), "dev.ash.node.Main"));
    var builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().putAll(fullEnvironment());
    var process = builder.start();
    var listens = new CompletableFuture<String>();
    var reader = Thread.ofPlatform().daemon().start(() -> read(process, listens));
    try {
      return new Life(process, listens.get(START_SECONDS, TimeUnit.SECONDS), reader);
    } catch (ExecutionException | TimeoutException e) {
      kill(process);
      throw new IOException("the node did not start: " + e.getMessage() + "\n" + output(), e);
    } catch (InterruptedException e) {
      kill(process);
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the node started", e);
    }
  }

  private Map<String, String> fullEnvironment() {
    var all = new TreeMap<String, String>();
    all.put("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
    all.put("HOME", folder.toString());
    all.put("ASH_DATA_DIR", folder.resolve("data").toString());
    all.put("ASH_HOST", "127.0.0.1");
    all.put("ASH_PORT", "0");
    all.put("ASH_REMOTING_PORT", "0");
    all.put("ASH_MANAGEMENT_PORT", "0");
    all.put("ASH_API_KEY", KEY);
    all.put("ASH_BRIDGE_HOME", bridgeHome().toString());
    all.put("ASH_REAL_SDK", "0");
    all.putAll(environment);
    return all;
  }

  /** What the build of the bridge left beside its classes. */
  private static Path bridgeHome() {
    try {
      var classes = Path.of(Main.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      var home = classes.resolveSibling("home");
      if (!Files.isDirectory(home.resolve("lib"))) {
        throw new IllegalStateException(home + " is missing (expected: mvn -pl bridge package)");
      }
      return home;
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private void read(Process process, CompletableFuture<String> listens) {
    try (var lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        output.add(line);
        var found = LISTENS.matcher(line);
        if (found.find()) {
          listens.complete(found.group(1));
        }
      }
    } catch (IOException e) {
      // The process's end closes the stream under the reader, before it counts as dead.
      if (process.isAlive() && !"Stream closed".equals(e.getMessage())) {
        output.add(e.toString());
      }
    }
    listens.completeExceptionally(new IllegalStateException("it ended"));
  }

  /** Where the API listens, without a slash at the end. Another one after each restart. */
  public String url() {
    return life.url();
  }

  /** The key of the default tenant. */
  public String key() {
    return environment.getOrDefault("ASH_API_KEY", KEY);
  }

  /** A client with {@link #key}, of the node as it runs now. */
  public StrictClient client() {
    return new StrictClient(url(), key());
  }

  public long pid() {
    return life.process().pid();
  }

  public boolean isAlive() {
    return life.process().isAlive();
  }

  /** Everything that it printed, in all its lives. */
  public String output() {
    return String.join("\n", output);
  }

  public Path dataDir() {
    return Path.of(environment.getOrDefault("ASH_DATA_DIR", folder.resolve("data").toString()));
  }

  /** Every process below the node now: bubblewrap, bridges, agents and what these started. */
  public List<ProcessHandle> descendants() {
    return life.process().descendants().toList();
  }

  /** Waits for an end that nobody asked for here; the exit code. */
  public int awaitExit() {
    return awaitEnd();
  }

  /**
   * What the node came to know in confidence while it ran, such as tokens; searched for at its end.
   *
   * @param named each secret by its name
   */
  public void confide(Map<String, String> named) {
    secrets = secrets.and(SecretSearch.of(named));
  }

  /** Kills the node, and only the node, as a crash would; returns when it is gone. */
  public void kill9() {
    life.process().destroyForcibly();
    awaitEnd();
  }

  /** Sends SIGTERM and waits. */
  public int terminate() {
    life.process().destroy();
    return awaitEnd();
  }

  private int awaitEnd() {
    try {
      if (!life.process().waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError("the node still runs\n" + output());
      }
      // so that output() is complete
      life.reader().join(TimeUnit.SECONDS.toMillis(5));
      return life.process().exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while the node ended", e);
    }
  }

  /** Starts the ended node again on the same data. */
  public void restart() throws IOException {
    if (isAlive()) {
      throw new IllegalStateException("the node still runs (expected: terminate or kill9 first)");
    }
    life = launch();
  }

  /** The same with another environment. */
  public void restart(Map<String, String> env) throws IOException {
    environment = Map.copyOf(env);
    secrets = secrets.and(SecretSearch.ofNode(fullEnvironment()));
    restart();
  }

  /**
   * Ends the node and whatever it left behind, and removes its folder.
   *
   * @throws AssertionError when a secret of the node stands where it must not
   */
  @Override
  public void close() throws IOException {
    var below = descendants();
    var found = new ArrayList<String>();
    try {
      found.addAll(secretsInWhatRuns(below));
      life.process().destroy();
      if (!life.process().waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        kill(life.process());
      }
      life.reader().join(TimeUnit.SECONDS.toMillis(5));
      found.addAll(secretsInWhatIsLeft());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      reap();
      below.forEach(ProcessHandle::destroyForcibly);
      OPEN.remove(this);
      delete(folder);
    }
    SecretSearch.assertNone(found);
  }

  private List<String> secretsInWhatRuns(List<ProcessHandle> below) {
    var found = new ArrayList<>(secrets.in("/metrics", isAlive() ? metrics() : ""));
    // In the compatibility mode sandboxes are meant to have the credential.
    if (!"env".equals(environment.get("ASH_SANDBOX_CREDENTIALS"))) {
      found.addAll(secrets.inProcesses(below));
    }
    return found;
  }

  private List<String> secretsInWhatIsLeft() throws IOException {
    var found = new ArrayList<>(secrets.in("the log", output()));
    found.addAll(secrets.inFiles(dataDir()));
    return found;
  }

  /** Empty when the node does not answer: a test may have stopped it. */
  private String metrics() {
    try {
      var connection = (HttpURLConnection) URI.create(url() + "/metrics").toURL().openConnection();
      connection.setConnectTimeout(METRICS_MILLIS);
      connection.setReadTimeout(METRICS_MILLIS);
      try (var in = connection.getInputStream()) {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
    } catch (IOException e) {
      return "";
    }
  }

  private void reap() {
    kill(life.process());
  }

  private static void kill(Process process) {
    var below = process.descendants().toList();
    process.destroyForcibly();
    below.forEach(ProcessHandle::destroyForcibly);
  }

  private static void delete(Path folder) throws IOException {
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException why) {
            // something of a dying sandbox went meanwhile
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException why)
              throws IOException {
            Files.deleteIfExists(dir);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
