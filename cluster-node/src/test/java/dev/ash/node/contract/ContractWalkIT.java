package dev.ash.node.contract;

import dev.ash.node.e2e.StartedNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The contract's tables, row by row, on SQLite. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ContractWalkIT {
  private StartedNode node;

  @BeforeAll
  void start() throws IOException {
    node = StartedNode.start(ContractWalk.ENVIRONMENT);
  }

  @AfterAll
  void stop() throws IOException {
    node.close();
  }

  @TestFactory
  List<DynamicNode> everyRowIsAsTheContractSays(@TempDir Path temp) throws IOException {
    return new ContractWalk("sqlite", node, temp).tests();
  }
}
