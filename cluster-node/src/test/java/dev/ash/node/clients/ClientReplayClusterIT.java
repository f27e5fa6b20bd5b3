package dev.ash.node.clients;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.clusterfaults.TestCluster;
import dev.ash.node.clusterfaults.TestPostgres;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The published clients against three nodes, where each request goes to the next node. */
@Tag("cluster")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ClientReplayClusterIT {
  private TestPostgres postgres;
  private TestCluster cluster;
  private RoundRobin balancer;

  @BeforeAll
  void start() throws IOException {
    postgres = TestPostgres.start("127.0.0.1");
    cluster = TestCluster.start(postgres, 3, ClientReplayIT.ENVIRONMENT);
    balancer = new RoundRobin(cluster.nodes().stream().map(node -> node.url()).toList());
  }

  @AfterAll
  void stop() throws IOException {
    balancer.close();
    cluster.close();
    postgres.close();
  }

  @Test
  void theCommandLineGetsWhatItPrints() throws IOException {
    replay().commandLine();
  }

  @Test
  void everyMethodOfTheTypeScriptSdkGetsWhatItReads() throws IOException {
    replay().typeScript();
    assertThat(balancer.passed()).isGreaterThan(60);
  }

  @Test
  void thePythonClientGetsWhatItsModelsNeed() throws IOException {
    replay().python();
  }

  @Test
  void theMcpServerFindsTheTextOfAnAnswer() throws IOException {
    replay().mcpServer();
  }

  private ClientReplay replay() {
    return new ClientReplay(balancer.url(), cluster.node(0).key());
  }
}
