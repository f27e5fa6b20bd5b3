package dev.ash.node.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.driver.AgentDriver.Heard;
import dev.ash.node.driver.AgentDriver.Prompt;
import dev.ash.protocol.session.TurnOptions;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MockDriverTest {
  private static final TurnOptions PARTIALS =
      new TurnOptions(
          true,
          Optional.empty(),
          OptionalInt.of(1),
          OptionalDouble.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());

  private final AgentDriver driver = new MockDriver();

  /** The mock says "resumed" from its second turn on, so that is what a lost first one becomes. */
  @ParameterizedTest
  @CsvSource({"1, false, 1", "1, true, 2", "2, true, 2", "7, true, 7"})
  void tellsTheMockWhichTurnItIs(long turn, boolean resumed, long told) {
    assertThat(driver.prompt(new Prompt(turn, "\"hi\"", PARTIALS, resumed)))
        .isEqualTo(
            "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"hi\"},\"turn\":%d,"
                    .formatted(told)
                + "\"includePartialMessages\":true}");
  }

  @Test
  void servesEveryTurnWithOneProcess() {
    assertThat(driver.serves(TurnOptions.NONE, PARTIALS)).isTrue();
  }

  @Test
  void hearsTheSameLinesAsTheRealOne() {
    assertThat(driver.hear("{\"type\":\"result\"}")).isEqualTo(new Heard.Complete());
    assertThat(driver.homeFiles()).isEmpty();
  }
}
