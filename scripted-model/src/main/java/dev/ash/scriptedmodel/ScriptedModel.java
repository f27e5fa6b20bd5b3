package dev.ash.scriptedmodel;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A Messages API server on loopback whose answers are written into the prompt. It listens until it
 * is closed; all methods may be called by any thread.
 */
public final class ScriptedModel implements AutoCloseable {
  private static final int KEPT_CALLS = 512;
  private static final int BACKLOG = 1024;

  static {
    // Without it the second small chunk of a stream waits for the reader's delayed acknowledgement.
    if (System.getProperty("sun.net.httpserver.nodelay") == null) {
      System.setProperty("sun.net.httpserver.nodelay", "true");
    }
  }

  /**
   * How the server behaves.
   *
   * @param port 0 takes a free one
   * @param requireKey the only credential that is accepted; empty accepts every one and none
   * @param requireVersion refuses what comes without {@code anthropic-version}, as the real API
   * @param pace between the chunks of an answer that no script asked for
   */
  public record Options(
      int port, Optional<String> requireKey, boolean requireVersion, Duration pace) {
    public static Options onPort(int port) {
      return new Options(port, Optional.empty(), false, Duration.ZERO);
    }

    public Options requiringKey(String key) {
      return new Options(port, Optional.of(key), requireVersion, pace);
    }

    public Options requiringVersion() {
      return new Options(port, requireKey, true, pace);
    }
  }

  /**
   * One request as it came.
   *
   * @param headers by lower-case name, every value in its order
   * @param body the first 64 KiB
   */
  public record Call(
      String method, String uri, Map<String, List<String>> headers, String body, long bodyBytes) {
    public Call {
      headers = Map.copyOf(headers);
    }

    /** The only value of a header; empty when it did not come. */
    public Optional<String> header(String name) {
      return Optional.ofNullable(headers.get(name)).map(values -> String.join(", ", values));
    }
  }

  /** Tokens that were counted in answers that were sent to their end. */
  public record Tokens(long input, long output) {
    Tokens plus(Tokens other) {
      return new Tokens(input + other.input, output + other.output);
    }
  }

  private final HttpServer server;
  private final ExecutorService threads;
  private final Endpoint endpoint;
  private final Deque<Call> calls = new ArrayDeque<>();
  private final Map<String, Tokens> tokens = new ConcurrentHashMap<>();
  private final Map<String, Semaphore> gates = new ConcurrentHashMap<>();
  private final AtomicLong requests = new AtomicLong();
  private final AtomicLong open = new AtomicLong();
  private final AtomicLong aborted = new AtomicLong();

  private ScriptedModel(Options options) throws IOException {
    server =
        HttpServer.create(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), options.port()), BACKLOG);
    threads =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("scripted-model-", 0).factory());
    endpoint = new Endpoint(this, options);
    server.setExecutor(threads);
    server.createContext("/", endpoint);
  }

  /** Starts a server that accepts any credential, without pauses. */
  public static ScriptedModel start(int port) throws IOException {
    return start(Options.onPort(port));
  }

  public static ScriptedModel start(Options options) throws IOException {
    var model = new ScriptedModel(options);
    model.server.start();
    return model;
  }

  public int port() {
    return server.getAddress().getPort();
  }

  public String url() {
    return "http://127.0.0.1:" + port();
  }

  /** How many requests came, of any kind. */
  public long requests() {
    return requests.get();
  }

  /** How many requests are being answered now. */
  public long open() {
    return open.get();
  }

  /** How many answers could not be sent to their end because the client had left. */
  public long aborted() {
    return aborted.get();
  }

  /** The latest requests, oldest first; at most {@value #KEPT_CALLS}. */
  public List<Call> calls() {
    synchronized (calls) {
      return new ArrayList<>(calls);
    }
  }

  /** What was counted for a model so far. */
  public Tokens tokens(String model) {
    return tokens.getOrDefault(model, new Tokens(0, 0));
  }

  /** Lets as many deltas of steps with this {@code gate} go out, now or when they come. */
  public void release(String gate, int deltas) {
    gate(gate).release(deltas);
  }

  /** Stops at once: answers under way are cut off. */
  @Override
  public void close() {
    endpoint.stop();
    server.stop(0);
    threads.shutdownNow();
    threads.close();
  }

  Semaphore gate(String name) {
    return gates.computeIfAbsent(name, _ -> new Semaphore(0));
  }

  void received(Call call) {
    requests.incrementAndGet();
    synchronized (calls) {
      if (calls.size() == KEPT_CALLS) {
        calls.removeFirst();
      }
      calls.addLast(call);
    }
  }

  void count(String model, Tokens used) {
    tokens.merge(model, used, Tokens::plus);
  }

  void opened() {
    open.incrementAndGet();
  }

  void ended(boolean clientLeft) {
    open.decrementAndGet();
    if (clientLeft) {
      aborted.incrementAndGet();
    }
  }
}
