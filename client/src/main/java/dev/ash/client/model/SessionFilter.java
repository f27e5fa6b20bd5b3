package dev.ash.client.model;

import java.util.Optional;
import java.util.OptionalInt;

/** Which sessions are listed; a page when there is a limit. */
public record SessionFilter(
    Optional<String> agent, Optional<SessionStatus> status, OptionalInt limit, OptionalInt offset) {
  public static final SessionFilter ALL =
      new SessionFilter(
          Optional.empty(), Optional.empty(), OptionalInt.empty(), OptionalInt.empty());

  public static SessionFilter ofAgent(String name) {
    return new SessionFilter(
        Optional.of(name), Optional.empty(), OptionalInt.empty(), OptionalInt.empty());
  }

  public SessionFilter in(SessionStatus wanted) {
    return new SessionFilter(agent, Optional.of(wanted), limit, offset);
  }

  public SessionFilter page(int size, int from) {
    return new SessionFilter(agent, status, OptionalInt.of(size), OptionalInt.of(from));
  }
}
