package dev.ash.persistence.table;

import static dev.ash.persistence.TestDatabases.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class DeployedOnceTest {

  @Test
  void isReadAsItWasWrittenAlsoByNodesOfTheLastRelease() {
    var deployed = new DeployedOnce("id", 3, NOW, "/a path/with 4 words");

    assertThat(deployed.text()).isEqualTo("id 3 " + SqlTime.text(NOW) + " /a path/with 4 words");
    assertThat(DeployedOnce.parse(deployed.text())).isEqualTo(deployed);
  }
}
