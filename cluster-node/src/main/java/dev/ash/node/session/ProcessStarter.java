package dev.ash.node.session;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.config.SandboxConfig;
import dev.ash.node.bridge.Bridge;
import dev.ash.node.bridge.BridgeException;
import dev.ash.node.bridge.Bridges;
import dev.ash.node.driver.AgentDriver;
import dev.ash.node.driver.AgentDriver.Conversation;
import dev.ash.node.driver.ClaudeDriver;
import dev.ash.node.driver.SandboxEnvironment;
import dev.ash.node.egress.EgressProxy;
import dev.ash.node.egress.EgressProxy.Visitor;
import dev.ash.node.model.Account;
import dev.ash.node.model.ModelProxy;
import dev.ash.node.sandbox.Places.Place;
import dev.ash.node.sandbox.SandboxException;
import dev.ash.node.sandbox.Sandboxes;
import dev.ash.node.sandbox.Sandboxes.Sandbox;
import dev.ash.node.session.WorkerCommand.Setup;
import dev.ash.node.telemetry.Metrics;
import dev.ash.node.workspace.Workspaces;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/**
 * Makes a session's process from what is stored: files, transcript, then sandbox, bridge and the
 * agent folder's own scripts. Blocks; everything begun is undone when a step fails.
 */
final class ProcessStarter {
  private static final String PROXY = "http://127.0.0.1:" + Sandboxes.EGRESS_PORT;
  private static final int SCRIPT_OUTPUT = 64 << 10;
  private static final String TEAM = "ASH_TEAM_ID";
  private static final Duration GIVEN_TIME = Duration.ofSeconds(30);
  private static final int LONGEST_TEAM = 100;
  private static final String INSTALL = "install.sh";
  private static final String STARTUP = "startup.sh";

  private final Sandboxes sandboxes;
  private final Bridges bridges;
  private final Workspaces workspaces;
  private final ModelProxy model;
  private final EgressProxy egress;
  private final Transcripts transcripts;
  private final AgentDriver driver;
  private final Environments environment;
  private final SandboxConfig config;
  private final LongSupplier epochs;
  private final Semaphore startsAtOnce =
      new Semaphore(2 * Runtime.getRuntime().availableProcessors());
  private final Metrics metrics;
  private final ExecLimits execs = new ExecLimits();

  /**
   * Makes a starter.
   *
   * @param environment looks up what the agent's owner and the session's maker want set
   * @param epochs rises with every owner of a bridge on this node
   */
  ProcessStarter(
      Sandboxes sandboxes,
      Bridges bridges,
      Workspaces workspaces,
      ModelProxy model,
      EgressProxy egress,
      Transcripts transcripts,
      AgentDriver driver,
      Environments environment,
      SandboxConfig config,
      LongSupplier epochs,
      Metrics metrics) {
    this.sandboxes = sandboxes;
    this.bridges = bridges;
    this.workspaces = workspaces;
    this.model = model;
    this.egress = egress;
    this.transcripts = transcripts;
    this.driver = driver;
    this.environment = environment;
    this.config = config;
    this.epochs = epochs;
    this.metrics = metrics;
  }

  /** Looks up what is to be set for a session's agent. Blocks. */
  @FunctionalInterface
  interface Environments {
    Environment of(SessionId id, Setup setup) throws StartException, InterruptedException;
  }

  /**
   * What is to be set for an agent.
   *
   * @param reach lists of what may be reached, of the agent and of the session; each narrows
   */
  record Environment(Map<String, String> values, List<String> reach) {
    Environment {
      values = Map.copyOf(values);
      reach = List.copyOf(reach);
    }
  }

  /** A step failed; the message is what the client is told. */
  static final class StartException extends Exception {
    private static final long serialVersionUID = 1L;

    StartException(String message, Throwable cause) {
      super(message, cause);
    }

    StartException(String message) {
      super(message);
    }
  }

  LiveProcess start(SessionId id, Setup setup, Place place, SandboxLog log, BridgeEars listener)
      throws StartException, InterruptedException {
    var begin = System.nanoTime();
    try {
      var live = make(id, setup, place, log, listener);
      metrics.sandboxStarted(Duration.ofNanos(System.nanoTime() - begin));
      return live;
    } catch (StartException | RuntimeException | Error e) {
      metrics.sandboxFailed(Duration.ofNanos(System.nanoTime() - begin));
      throw e;
    }
  }

  /** Whom the tenant puts the cost of the session's model calls down to. */
  private static String team(Map<String, String> values) {
    var team = values.getOrDefault(TEAM, "").strip();
    return team.substring(0, Math.min(team.length(), LONGEST_TEAM));
  }

  /**
   * Starting is nearly all CPU time: many at once would each take as long as all of them, and what
   * the node itself has to do would wait with them.
   */
  private Sandbox startSandbox(Sandboxes.Spec spec) throws SandboxException, InterruptedException {
    startsAtOnce.acquire();
    try {
      return sandboxes.start(spec);
    } finally {
      startsAtOnce.release();
    }
  }

  private LiveProcess make(
      SessionId id, Setup setup, Place place, SandboxLog log, BridgeEars listener)
      throws StartException, InterruptedException {
    var surroundings = environment.of(id, setup);
    var values = surroundings.values();
    var account =
        new Account(id, setup.tenant(), setup.agent().name(), team(values), listener::modelNotice);
    var visitor =
        new Visitor(setup.tenant(), id, surroundings.reach(), line -> log.add("system", line));
    var given = given(id);
    var populated = new AtomicReference<>(Populated.NOTHING);
    Sandbox sandbox;
    try {
      sandbox =
          startSandbox(
              new Sandboxes.Spec(
                  id.value(),
                  (workspace, home, inside) ->
                      populated.set(populate(id, setup, workspace, home, inside.workspace())),
                  folder -> sockets(folder, account, visitor),
                  line -> log.add("stderr", line)));
    } catch (SandboxException e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
    try {
      return connect(id, setup, values, given, place, log, listener, sandbox, populated.get());
    } catch (IOException | BridgeException e) {
      sandbox.close();
      throw new StartException("the bridge did not answer: " + e.getMessage(), e);
    } catch (StartException | InterruptedException | RuntimeException | Error e) {
      sandbox.close();
      throw e;
    }
  }

  /** Read anew for each process: what was replaced since is found by the next one. */
  private Map<String, String> given(SessionId id) throws StartException, InterruptedException {
    try {
      return model
          .given(id)
          .toCompletableFuture()
          .get(GIVEN_TIME.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      var cause = e.getCause() == null ? e : e.getCause();
      throw new StartException(String.valueOf(cause.getMessage()), e);
    } catch (TimeoutException e) {
      throw new StartException("the model's credential could not be read in time", e);
    }
  }

  /** The sockets of the node that the session's sandbox reaches. */
  private AutoCloseable sockets(Path folder, Account account, Visitor visitor) throws IOException {
    var out = egress.listen(visitor, folder.resolve(Sandboxes.EGRESS_SOCKET));
    AutoCloseable calls;
    try {
      calls = model.listen(account, folder.resolve(ClaudeDriver.MODEL_SOCKET));
    } catch (IOException | RuntimeException e) {
      out.close();
      throw e;
    }
    return () -> {
      try (out) {
        calls.close();
      }
    };
  }

  private LiveProcess connect(
      SessionId id,
      Setup setup,
      Map<String, String> values,
      Map<String, String> given,
      Place place,
      SandboxLog log,
      Bridge.Listener listener,
      Sandbox sandbox,
      Populated populated)
      throws IOException, BridgeException, StartException, InterruptedException {
    var inside = sandbox.inside();
    var conversation =
        new Conversation(
            id,
            setup.settings(),
            values,
            given,
            inside.agentProgram(),
            inside.hostSockets(),
            inside.workspace(),
            inside.home(),
            egress.isOpen() ? Optional.of(PROXY) : Optional.empty(),
            populated.conversation());
    var bridge =
        bridges.connect(
            sandbox.bridgeSocket(), sandbox.bridgeToken(), epochs.getAsLong(), listener);
    var live = new LiveProcess(place, sandbox, bridge, conversation, execs.session());
    long install;
    long startup;
    try {
      install = populated.install() ? script(id, INSTALL, live, log) : 0;
      // the first may make the second
      startup = populated.install() || populated.startup() ? script(id, STARTUP, live, log) : 0;
    } catch (StartException | InterruptedException e) {
      bridge.close();
      throw e;
    }
    var timing = sandbox.timing();
    log.add(
        "system",
        "Sandbox created in %dms (copy: %dms, install: %dms, startup: %dms, bridge: %dms)"
            .formatted(
                timing.populate().plus(timing.spawn()).plus(timing.ready()).toMillis()
                    + install
                    + startup,
                timing.populate().toMillis(),
                install,
                startup,
                timing.spawn().plus(timing.ready()).toMillis()));
    return live;
  }

  /**
   * Runs a script of the agent's folder, inside, whenever a sandbox is made: what it installs need
   * not be saved with the workspace.
   */
  private long script(SessionId id, String name, LiveProcess live, SandboxLog log)
      throws StartException, InterruptedException {
    var begin = System.nanoTime();
    var run =
        live.bridge()
            .exec(
                new Bridge.Exec(
                    "if [ -f %1$s ]; then chmod 755 %1$s && ./%1$s; fi".formatted(name),
                    config.scriptTimeout(),
                    SandboxEnvironment.of(live.conversation()),
                    SCRIPT_OUTPUT))
            .toCompletableFuture();
    try {
      var result = run.get(config.scriptTimeout().plusSeconds(5).toMillis(), TimeUnit.MILLISECONDS);
      result.stdout().lines().forEach(line -> log.add("stdout", line));
      result.stderr().lines().forEach(line -> log.add("stderr", line));
      if (result.exitCode() != 0) {
        throw new StartException(
            "%s failed for sandbox %s: %s"
                .formatted(
                    name,
                    id.value().substring(0, 8),
                    result.timedOut()
                        ? "not done after " + config.scriptTimeout().toSeconds() + " s"
                        : "exit code " + result.exitCode() + ": " + tail(result.stderr())));
      }
    } catch (ExecutionException | TimeoutException e) {
      throw new StartException(name + " could not be run: " + e.getMessage(), e);
    }
    return Duration.ofNanos(System.nanoTime() - begin).toMillis();
  }

  private static String tail(String text) {
    var stripped = text.strip();
    return stripped.length() <= 500 ? stripped : stripped.substring(stripped.length() - 500);
  }

  /**
   * What the fresh folders were filled with.
   *
   * @param conversation the one to go on with
   * @param install whether something of that name is there, so that a look inside is worth a
   *     process
   */
  private record Populated(Optional<SessionId> conversation, boolean install, boolean startup) {
    static final Populated NOTHING = new Populated(Optional.empty(), false, false);
  }

  /** Fills the fresh folders, which no foreign process can touch yet. */
  private Populated populate(
      SessionId id, Setup setup, Path workspace, Path home, String insideWorkspace)
      throws IOException {
    workspaces.restore(setup.workspace().orElse(setup.agent().manifest()), workspace);
    if (setup.workspace().isEmpty()) {
      var settings = setup.settings();
      if (settings.systemPrompt().filter(text -> !text.isEmpty()).isPresent()) {
        replace(workspace.resolve("CLAUDE.md"), settings.systemPrompt().orElseThrow());
      }
      if (settings.mcpServersJson().isPresent()) {
        mergeMcp(workspace.resolve(".mcp.json"), settings.mcpServersJson().orElseThrow());
      }
    }
    for (var file : driver.homeFiles().entrySet()) {
      replace(home.resolve(file.getKey()), file.getValue());
    }
    return new Populated(
        TranscriptFolder.restore(
            transcripts, id, home.resolve(driver.transcriptFolder(insideWorkspace))),
        Files.exists(workspace.resolve(INSTALL), LinkOption.NOFOLLOW_LINKS),
        Files.exists(workspace.resolve(STARTUP), LinkOption.NOFOLLOW_LINKS));
  }

  /** The session's servers win over those of the agent's folder. */
  private static void mergeMcp(Path file, String serversJson) throws IOException {
    var merged =
        Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
            ? Json.parse(Files.readString(file))
                .filter(ObjectNode.class::isInstance)
                .map(ObjectNode.class::cast)
                .orElseGet(Json::object)
            : Json.object();
    var servers =
        merged.path("mcpServers") instanceof ObjectNode existing
            ? existing
            : merged.putObject("mcpServers");
    if (Json.parse(serversJson).orElseThrow() instanceof ObjectNode wanted) {
      servers.setAll(wanted);
    }
    replace(file, merged.toPrettyString());
  }

  /** What lies there may be a link; it is removed and not written through. */
  private static void replace(Path file, String text) throws IOException {
    Files.deleteIfExists(file);
    Files.write(
        file,
        text.getBytes(StandardCharsets.UTF_8),
        StandardOpenOption.CREATE_NEW,
        StandardOpenOption.WRITE);
  }
}
