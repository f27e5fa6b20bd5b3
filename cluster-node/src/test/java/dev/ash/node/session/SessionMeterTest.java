package dev.ash.node.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.telemetry.Metrics;
import dev.ash.protocol.session.Marks;
import dev.ash.protocol.session.SessionEvent.Outcome;
import dev.ash.protocol.session.SessionEvent.TurnEnded;
import dev.ash.protocol.session.SessionEvent.TurnStarted;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class SessionMeterTest {
  private static final Marks MARKS = new Marks(0, 0);

  private final List<String> measured = new ArrayList<>();
  private final SessionMeter meter = new SessionMeter(noting());

  @Test
  void aTurnThatIsWithdrawnDoesNotEndTheTimeOfTheOneThatRuns() {
    meter.stored(List.of(new TurnStarted(1, MARKS, Samples.NOW)), 0);
    meter.stored(List.of(ended(2, Outcome.CANCELLED, 1)), 0);
    meter.stored(List.of(ended(1, Outcome.COMPLETED, 5)), 0);

    assertThat(measured)
        .containsExactly(
            "turnStarted", "turnEnded CANCELLED", "turnEnded COMPLETED", "turnTook COMPLETED PT5S");
  }

  private static TurnEnded ended(long turn, Outcome outcome, long seconds) {
    var at = Samples.NOW.plus(Duration.ofSeconds(seconds));
    return new TurnEnded(turn, outcome, Optional.empty(), MARKS, at);
  }

  /** Writes down what is measured of turns, in order. */
  private Metrics noting() {
    return (Metrics)
        Proxy.newProxyInstance(
            Metrics.class.getClassLoader(),
            new Class<?>[] {Metrics.class},
            (_, method, arguments) -> {
              if (method.getName().startsWith("turn")) {
                var values = arguments == null ? List.of() : Arrays.asList(arguments);
                measured.add((method.getName() + " " + words(values)).strip());
              }
              return null;
            });
  }

  private static String words(List<?> values) {
    return String.join(" ", values.stream().map(Object::toString).toList());
  }
}
