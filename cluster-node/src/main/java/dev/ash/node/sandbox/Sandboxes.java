package dev.ash.node.sandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Starts sandboxes on this node. A sandbox holds the bridge (see {@code node.bridge}) and whatever
 * the bridge starts; it has its own namespaces, limits and, when the node runs as root, its own
 * host user. Everything in it ends when the node does.
 */
public interface Sandboxes {

  /** The socket, in the folder of host sockets, of the proxy that is the way out. */
  String EGRESS_SOCKET = "egress.sock";

  /** Where programs inside find that proxy: on the loopback interface of their own network. */
  int EGRESS_PORT = 3128;

  /**
   * Starts a sandbox and waits until its bridge listens. Blocks; call it on {@code blocking-io}.
   *
   * @throws SandboxException when it cannot be started; everything begun is undone
   */
  Sandbox start(Spec spec) throws SandboxException;

  /** How many sandboxes, since the node started, had been started before anybody asked for one. */
  long startedAhead();

  /** What the start-up self-check found. */
  Isolation isolation();

  /**
   * What to start.
   *
   * @param id a session id; names the sandbox's folder and cgroup
   * @param populate fills the empty workspace and home before anything runs in the sandbox, so that
   *     writing there is safe; the files are then given to the sandbox's user
   * @param openHostSockets called with the folder that the sandbox sees as {@code /run/host},
   *     before the sandbox starts; sockets made there can be reached from inside
   * @param log receives what the sandbox's top process writes to stderr, a line a call
   */
  record Spec(String id, Populate populate, OpenSockets openHostSockets, Consumer<String> log) {}

  /** Writes the files a sandbox starts with. */
  @FunctionalInterface
  interface Populate {
    void into(Path workspace, Path home, Inside inside) throws IOException;
  }

  /** Makes the sockets a sandbox can reach; what it returns is closed when the sandbox ends. */
  @FunctionalInterface
  interface OpenSockets {
    AutoCloseable in(Path hostDirectory) throws IOException;
  }

  /**
   * A running sandbox. Closing it kills everything inside and frees its user, cgroup and folder.
   */
  interface Sandbox extends AutoCloseable {
    String id();

    /** The socket on which the bridge listens, as the host sees it. */
    Path bridgeSocket();

    /** Where things are, as seen from inside. */
    Inside inside();

    /** What the bridge wants to hear first; no program in the sandbox knows it. */
    String bridgeToken();

    /** What each step of the start took. */
    Timing timing();

    /** Completes when the top process is gone, for whatever reason. */
    CompletionStage<Exit> exit();

    /** Stops everything inside from running, at no cost of CPU, until {@link #thaw()}. */
    void freeze();

    void thaw();

    /** Kills, reaps and removes. Blocks for some milliseconds. Repeatable. */
    @Override
    void close();
  }

  /**
   * How a sandbox ended.
   *
   * @param code of the top process, or 128 + signal
   */
  record Exit(int code, Cause cause) {}

  /** Why a sandbox ended. */
  enum Cause {
    /** By itself, or because it was closed. */
    ENDED,
    /** The kernel killed something inside for want of memory. */
    OUT_OF_MEMORY,
    /** The node killed it: it had written more than it may, or the node's disk was running full. */
    DISK_FULL
  }

  /**
   * Paths that programs in the sandbox use.
   *
   * @param hostSockets the folder handed to {@link OpenSockets}
   * @param agentProgram the agent's program, whether it is there or not
   */
  record Inside(String workspace, String home, String hostSockets, String agentProgram) {}

  /** Parts of a start. */
  record Timing(Duration populate, Duration spawn, Duration ready) {}

  /**
   * The isolation level in force.
   *
   * @param level {@code bwrap} or {@code none}; {@code checking} until the self-check is done, and
   *     {@code unavailable} when it could not even begin
   * @param checks name of each escape attempt of the self-check and whether it was blocked
   * @param limits which limits hold, e.g. {@code memory: cgroup v1}
   */
  record Isolation(String level, Map<String, Boolean> checks, Map<String, String> limits) {}
}
