package dev.ash.persistence.table;

import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.time.Instant;
import java.util.Optional;

/**
 * One model call, as it is recorded.
 *
 * @param upstream name of the model server it went to
 * @param status of the answer's HTTP status line; 0 when there was none
 * @param nanos its cost in billionths of a US dollar
 */
public record ModelCall(
    String id,
    Party party,
    String model,
    String upstream,
    State state,
    int status,
    Usage usage,
    long nanos,
    RequestIds requestIds,
    Instant startedAt,
    Optional<Instant> endedAt) {

  /**
   * What others call the call in their own logs; empty where they said nothing.
   *
   * @param server the model server's
   * @param gateway that of a gateway before it
   */
  public record RequestIds(String server, String gateway) {
    public static final RequestIds NONE = new RequestIds("", "");
  }

  /** Who pays for a call. */
  public record Party(TenantId tenant, String team, AgentName agent, SessionId session, long turn) {
    String subject(Budget.Scope scope) {
      return switch (scope) {
        case SESSION -> session.value();
        case AGENT -> agent.value();
        case TENANT -> tenant.value();
      };
    }
  }

  /** How far a call has come. */
  public enum State {
    /** It is under way. */
    OPEN,
    /** It was answered to its end. */
    DONE,
    /** Its answer broke off, or its caller left; the figures are those that had come until then. */
    CUT,
    /** It was answered with an error, or not at all. */
    FAILED,
    /** Its node died under it; the figures are those that had been stored until then. */
    LOST
  }

  /** Tokens of a call. */
  public record Usage(long input, long output, long cacheWrite, long cacheRead) {
    public static final Usage NONE = new Usage(0, 0, 0, 0);

    /** What a budget of tokens counts. */
    public long tokens() {
      return input + output + cacheWrite + cacheRead;
    }
  }

  /** Tokens and what they cost. */
  public record Amount(long tokens, long nanos) {}
}
