package dev.ash.client;

import dev.ash.client.http.Call;
import dev.ash.client.http.Connection;
import dev.ash.client.http.Pause;
import dev.ash.client.http.RetryPolicy;
import dev.ash.client.http.Target;
import dev.ash.client.model.Health;
import dev.ash.client.stream.EventStream;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * A client of one server, with the key to use there. Calls block the calling thread, which may be a
 * virtual one; many threads may share a client. Every failure is an {@link AshException}.
 *
 * <pre>{@code
 * try (var ash = AshClient.builder("http://localhost:4100").key("ash_...").build()) {
 *   var session = ash.sessions().create(NewSession.of("my-agent"));
 *   try (var turn = ash.sessions().send(session.id(), "What can you do?")) {
 *     for (var event : turn) {
 *       if (event instanceof AgentEvent.Message message) {
 *         System.out.println(message.text());
 *       }
 *     }
 *   }
 * }
 * }</pre>
 */
public final class AshClient implements AutoCloseable {
  private final Connection connection;
  private final Supplier<String> newKey;
  private final EventStream.Settings streams;

  private AshClient(Builder builder) {
    var target =
        new Target(builder.url, builder.key, builder.connect, builder.answer, builder.longestPause);
    this.connection = new Connection(target, builder.retries, builder.pause, builder.random);
    this.newKey = builder.newKey;
    this.streams = new EventStream.Settings(builder.onReconnect, builder.longestSilence);
  }

  /** Starts with {@code http://host:port} or {@code https://host}. */
  public static Builder builder(String url) {
    return new Builder(url);
  }

  public Agents agents() {
    return new Agents(connection, newKey);
  }

  public AgentVersions versions() {
    return new AgentVersions(connection);
  }

  public Sessions sessions() {
    return new Sessions(connection, newKey, streams);
  }

  public SessionFiles files() {
    return new SessionFiles(connection);
  }

  public Workspaces workspaces() {
    return new Workspaces(connection);
  }

  public Attachments attachments() {
    return new Attachments(connection);
  }

  public Credentials credentials() {
    return new Credentials(connection);
  }

  public PromptQueue queue() {
    return new PromptQueue(connection, newKey);
  }

  public Budgets budgets() {
    return new Budgets(connection);
  }

  public Usage usage() {
    return new Usage(connection);
  }

  public Evals evals() {
    return new Evals(connection);
  }

  public ApiKeys apiKeys() {
    return new ApiKeys(connection);
  }

  /** How the server is; needs no key. */
  public Health health() {
    return Health.of(connection.json(Call.get("/health")));
  }

  /** For calls without a method here: the same retries and errors, the answer as it comes. */
  public Connection connection() {
    return connection;
  }

  /** The server's address as it is used: without a slash at the end. */
  public String url() {
    return connection.target().url();
  }

  public Optional<String> key() {
    return connection.target().key();
  }

  /** Ends all calls and streams that still run. */
  @Override
  public void close() {
    connection.close();
  }

  /** What a client is made of; all but the address may be left out. */
  public static final class Builder {
    private final String url;
    private Optional<String> key = Optional.empty();
    private Duration connect = Target.CONNECT;
    private Duration answer = Target.ANSWER;
    private Duration longestPause = Target.PAUSE;
    private RetryPolicy retries = RetryPolicy.STANDARD;
    private Pause pause = Pause.real();
    private RandomGenerator random = () -> ThreadLocalRandom.current().nextLong();
    private Supplier<String> newKey = () -> UUID.randomUUID().toString();
    private Runnable onReconnect = () -> {};
    private Duration longestSilence = Duration.ofSeconds(60);

    private Builder(String url) {
      this.url = url;
    }

    /** The API key. Without one only {@link AshClient#health} succeeds. */
    public Builder key(String value) {
      key = Optional.of(value);
      return this;
    }

    /** How long connecting may take; 10 s when not set. */
    public Builder connectTimeout(Duration value) {
      connect = value;
      return this;
    }

    /** How long an answer may take to begin; 3 minutes when not set. */
    public Builder answerTimeout(Duration value) {
      answer = value;
      return this;
    }

    /**
     * How long an answer that has begun may stand still; 60 s when not set. Then the call ends with
     * {@link AshException.TimedOut}; a download that the caller reads, with {@link
     * java.net.http.HttpTimeoutException}.
     */
    public Builder longestPause(Duration value) {
      longestPause = value;
      return this;
    }

    /** When calls are made again. */
    public Builder retries(RetryPolicy value) {
      retries = value;
      return this;
    }

    /** How to wait between tries. */
    public Builder pause(Pause value) {
      pause = value;
      return this;
    }

    /** Chance in the length of waits. */
    public Builder random(RandomGenerator value) {
      random = value;
      return this;
    }

    /** Makes idempotency keys; each must be new. */
    public Builder idempotencyKeys(Supplier<String> value) {
      newKey = value;
      return this;
    }

    /** Is run whenever a stream begins to look for its server again. */
    public Builder onReconnect(Runnable value) {
      onReconnect = value;
      return this;
    }

    /**
     * After how long without an event or heartbeat a stream looks for its server again, from its
     * beginning on; 60 s when not set. Ours sends heartbeats every 15 s; for a server that sends
     * none it has to be longer than an agent is ever silent.
     */
    public Builder longestSilence(Duration value) {
      longestSilence = value;
      return this;
    }

    /**
     * The client.
     *
     * @throws IllegalArgumentException when the address or the key cannot be one
     */
    public AshClient build() {
      return new AshClient(this);
    }
  }
}
