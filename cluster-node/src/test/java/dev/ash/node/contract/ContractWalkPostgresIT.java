package dev.ash.node.contract;

import dev.ash.node.clusterfaults.TestPostgres;
import dev.ash.node.e2e.StartedNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The contract's tables, row by row, on PostgreSQL. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ContractWalkPostgresIT {
  private TestPostgres postgres;
  private StartedNode node;

  @BeforeAll
  void start() throws IOException {
    postgres = TestPostgres.start("127.0.0.1");
    var environment = new HashMap<>(ContractWalk.ENVIRONMENT);
    environment.put("ASH_DATABASE_URL", postgres.url());
    node = StartedNode.start(environment);
  }

  @AfterAll
  void stop() throws IOException {
    node.close();
    postgres.close();
  }

  @TestFactory
  List<DynamicNode> everyRowIsAsTheContractSays(@TempDir Path temp) throws IOException {
    return new ContractWalk("postgres", node, temp).tests();
  }
}
