package dev.ash.client;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * Why a call has no result. The message is one sentence for a person; the subtypes are for a
 * program.
 */
public abstract sealed class AshException extends RuntimeException {
  private AshException(String message) {
    super(message);
  }

  private AshException(String message, Throwable cause) {
    super(message, cause);
  }

  /** The message, which is always there. */
  public String text() {
    return String.valueOf(getMessage());
  }

  /** The server answered with a status that is not a success. */
  public static sealed class Refused extends AshException permits Stale {
    private final String method;
    private final String path;
    private final int status;
    private final String error;
    private final transient Optional<Duration> retryAfter;

    /**
     * Of an answer.
     *
     * @param detail what the server says beside {@code error}: of some refusals only this tells why
     */
    public Refused(
        String method,
        String path,
        int status,
        String error,
        Optional<String> detail,
        Optional<Duration> retryAfter) {
      super(
          method
              + " "
              + path
              + " failed ("
              + status
              + "): "
              + error
              + detail.map(": "::concat).orElse(""));
      this.method = method;
      this.path = path;
      this.status = status;
      this.error = error;
      this.retryAfter = retryAfter;
    }

    /** The method of the request that was refused. */
    public String method() {
      return method;
    }

    /** Its path with the query. */
    public String path() {
      return path;
    }

    /** The HTTP status, for example 404. */
    public int status() {
      return status;
    }

    /** The server's words: the field {@code error} of its answer, or the answer as it came. */
    public String error() {
      return error;
    }

    /** How long the server asks to wait ({@code Retry-After}). */
    public Optional<Duration> retryAfter() {
      return retryAfter;
    }
  }

  /**
   * What was to be changed is in another state than the one that was meant (412): it was changed
   * meanwhile, is there already, or is not there. Nothing was done.
   */
  public static final class Stale extends Refused {
    private final transient Optional<String> currentEtag;

    public Stale(
        String method,
        String path,
        String error,
        Optional<String> detail,
        Optional<String> currentEtag) {
      super(method, path, 412, error, detail, Optional.empty());
      this.currentEtag = currentEtag;
    }

    /** The tag of the state it is in; empty when it is not there. */
    public Optional<String> currentEtag() {
      return currentEtag;
    }
  }

  /** No connection came about; the request was not sent. */
  public static final class Unreachable extends AshException {
    public Unreachable(String message, IOException cause) {
      super(message, cause);
    }
  }

  /**
   * The request was sent and no answer came in time, or it stood still for too long; the server may
   * still work on it.
   */
  public static final class TimedOut extends AshException {
    public TimedOut(String message, IOException cause) {
      super(message, cause);
    }
  }

  /** The connection broke; whether the request was done is not known. */
  public static final class Broken extends AshException {
    public Broken(String message, IOException cause) {
      super(message, cause);
    }
  }

  /** The stream of a turn ended early and gave no event id to go on behind. The turn goes on. */
  public static final class StreamLost extends AshException {
    private final String sessionId;

    public StreamLost(String sessionId, String message) {
      super(message);
      this.sessionId = sessionId;
    }

    /** The session whose turn it is. */
    public String sessionId() {
      return sessionId;
    }
  }

  /** The server's answer is not what the API promises: no JSON, a field missing, too large. */
  public static final class BadAnswer extends AshException {
    public BadAnswer(String message) {
      super(message);
    }
  }

  /** The calling thread was interrupted while it waited; its interrupt flag is set again. */
  public static final class Interrupted extends AshException {
    public Interrupted() {
      super("interrupted");
    }
  }
}
