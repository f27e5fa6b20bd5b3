package dev.ash.gateway.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.ash.gateway.config.SharedLimits;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import redis.clients.jedis.Connection;
import redis.clients.jedis.ConnectionFactory;
import redis.clients.jedis.ConnectionPool;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/**
 * Runs scripts in one Redis. Whoever waits does so for as long as it says and no longer: the work
 * is another thread's, which may still connect while nobody waits any more.
 */
final class RedisCalls implements AutoCloseable {
  private static final int CONNECTIONS = 16;
  private static final int UNDER_WAY = 1_024;

  /** Redis says some of it, and the log is ours. */
  private static final int MAX_REASON = 200;

  /** To connect: longer than a call waits, or a slow handshake would never come to its end. */
  static final Duration SETUP = Duration.ofSeconds(2);

  /** It does not answer, or with something else; the message says why. */
  static final class UnansweredException extends Exception {
    private static final long serialVersionUID = 1;

    UnansweredException(String message) {
      super(message);
    }
  }

  /** A script and the name that Redis gives it. */
  record Script(String text, String hash) {
    static Script of(String text) {
      try {
        var hash = MessageDigest.getInstance("SHA-1").digest(text.getBytes(US_ASCII));
        return new Script(text, HexFormat.of().formatHex(hash));
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("every Java has SHA-1", e);
      }
    }
  }

  private final ConnectionPool pool;
  private final Semaphore room = new Semaphore(UNDER_WAY);
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("redis-", 0).factory());

  RedisCalls(SharedLimits config) throws IOException, GeneralSecurityException {
    var setup = (int) Math.max(SETUP.toMillis(), config.timeout().toMillis());
    var client =
        DefaultJedisClientConfig.builder()
            .connectionTimeoutMillis(setup)
            .socketTimeoutMillis(setup)
            .database(config.database())
            .resp2();
    if (config.login().isPresent()) {
      var login = config.login().get();
      login.user().ifPresent(client::user);
      client.password(login.password().reveal());
    }
    var connections = new ConnectionPoolConfig();
    connections.setMaxTotal(CONNECTIONS);
    connections.setMaxIdle(CONNECTIONS);
    connections.setMaxWait(config.timeout());
    connections.setJmxEnabled(false);
    pool =
        new ConnectionPool(
            new ConnectionFactory(new RedisSocket(config, setup), client.build()), connections);
  }

  /** The numbers that a script answers. */
  List<Long> answer(Script script, List<String> keys, List<String> values, Duration most)
      throws UnansweredException, InterruptedException {
    var asked = new Asked(script, keys, values);
    var started = started(asked::run);
    try {
      var numbers = new ArrayList<Long>();
      for (var one : started.get(most.toMillis(), TimeUnit.MILLISECONDS)) {
        if (!(one instanceof Long number)) {
          throw new UnansweredException("an odd answer");
        }
        numbers.add(number);
      }
      return numbers;
    } catch (TimeoutException _) {
      throw new UnansweredException(late(most));
    } catch (ExecutionException e) {
      throw new UnansweredException(timedOut(e) ? late(most) : reason(e));
    } finally {
      asked.givenUp.set(true);
    }
  }

  /** Runs a script that nobody waits for. */
  void tell(Script script, List<String> keys, List<String> values, Consumer<String> failed) {
    var asked = new Asked(script, keys, values);
    try {
      var _ =
          started(
              () -> {
                try {
                  return asked.run();
                } catch (RuntimeException e) {
                  failed.accept(reason(e));
                  throw e;
                }
              });
    } catch (UnansweredException e) {
      failed.accept(String.valueOf(e.getMessage()));
    }
  }

  /** Runs something after a while, unless all this is closed then. */
  void later(Duration pause, Runnable work) {
    CompletableFuture.delayedExecutor(pause.toMillis(), TimeUnit.MILLISECONDS, threads)
        .execute(work);
  }

  /** Forgets the connections that nobody uses now: they may lead nowhere. */
  void forget() {
    pool.clear();
  }

  private Future<List<?>> started(Callable<List<?>> work) throws UnansweredException {
    if (!room.tryAcquire()) {
      throw new UnansweredException("more than " + UNDER_WAY + " calls wait for it");
    }
    try {
      return threads.submit(
          () -> {
            try {
              return work.call();
            } finally {
              room.release();
            }
          });
    } catch (RejectedExecutionException _) {
      room.release();
      throw new UnansweredException("closed");
    }
  }

  /** One script to run, by whoever has a connection. */
  private final class Asked {
    private final Script script;
    private final List<String> keys;
    private final List<String> values;

    /** Whoever waited has decided without it, so it is not sent late. */
    private final AtomicBoolean givenUp = new AtomicBoolean();

    Asked(Script script, List<String> keys, List<String> values) {
      this.script = script;
      this.keys = keys;
      this.values = values;
    }

    List<?> run() {
      try {
        return once();
      } catch (JedisConnectionException e) {
        if (timedOut(e)) {
          throw e;
        }
        // One that lay in the pool may have been closed from the other side meanwhile.
        pool.clear();
        return once();
      }
    }

    private List<?> once() {
      try (var connection = pool.getResource()) {
        if (givenUp.get()) {
          return List.of();
        }
        return said(connection) instanceof List<?> list ? list : List.of();
      }
    }

    private Object said(Connection connection) {
      // Not closed: the connection is the pool's.
      @SuppressWarnings("resource")
      var redis = new Jedis(connection);
      try {
        return redis.evalsha(script.hash(), keys, values);
      } catch (JedisNoScriptException _) {
        return redis.eval(script.text(), keys, values);
      }
    }
  }

  private static String late(Duration most) {
    return "no answer within " + most.toMillis() + " ms";
  }

  private static boolean timedOut(Throwable error) {
    for (var e = error; e != null; e = e.getCause()) {
      if (e instanceof SocketTimeoutException) {
        return true;
      }
    }
    return false;
  }

  /** The innermost cause: what lies around it only says that there is one. */
  private static String reason(Throwable error) {
    var inner = error;
    for (var depth = 0; depth < 10; depth++) {
      var cause = inner.getCause();
      var beside = inner.getSuppressed();
      if (cause == null && beside.length == 0) {
        break;
      }
      inner = cause == null ? beside[0] : cause;
    }
    var message = inner.getMessage();
    return message == null
        ? inner.getClass().getSimpleName()
        : message.substring(0, Math.min(message.length(), MAX_REASON));
  }

  /** Waits a moment for what is under way, and not for what hangs. */
  @Override
  public void close() {
    threads.shutdown();
    try {
      if (!threads.awaitTermination(SETUP.toMillis() / 4, TimeUnit.MILLISECONDS)) {
        threads.shutdownNow();
      }
    } catch (InterruptedException _) {
      threads.shutdownNow();
      Thread.currentThread().interrupt();
    }
    pool.close();
  }
}
