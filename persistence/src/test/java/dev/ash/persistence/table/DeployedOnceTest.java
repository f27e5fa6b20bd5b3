package dev.ash.persistence.table;

import static dev.ash.persistence.TestDatabases.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class DeployedOnceTest {

  @Test
  void isReadAsItWasWritten() {
    var deployed = new DeployedOnce("id", 3, 17, NOW, "/a path/with 4 words");

    assertThat(DeployedOnce.parse(deployed.text())).isEqualTo(deployed);
  }

  @Test
  void whatWasWrittenWithoutARevisionHasATagThatNothingHas() {
    assertThat(DeployedOnce.parse("id 3 " + SqlTime.text(NOW) + " /p"))
        .isEqualTo(new DeployedOnce("id", 3, 0, NOW, "/p"));
  }
}
