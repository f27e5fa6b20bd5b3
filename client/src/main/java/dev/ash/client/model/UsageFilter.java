package dev.ash.client.model;

import java.time.Instant;
import java.util.Optional;

/** Which usage is meant; both times are inclusive. */
public record UsageFilter(
    Optional<String> sessionId,
    Optional<String> agentName,
    Optional<Instant> after,
    Optional<Instant> before) {
  public static final UsageFilter ALL =
      new UsageFilter(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

  public static UsageFilter ofSession(String id) {
    return new UsageFilter(Optional.of(id), Optional.empty(), Optional.empty(), Optional.empty());
  }

  public static UsageFilter ofAgent(String name) {
    return new UsageFilter(Optional.empty(), Optional.of(name), Optional.empty(), Optional.empty());
  }

  public UsageFilter between(Instant first, Instant last) {
    return new UsageFilter(sessionId, agentName, Optional.of(first), Optional.of(last));
  }
}
