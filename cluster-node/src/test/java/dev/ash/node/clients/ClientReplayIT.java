package dev.ash.node.clients;

import dev.ash.node.e2e.StartedNode;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The published clients against one node on SQLite. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ClientReplayIT {
  /** Nothing takes items from the queue while a client looks at them. */
  static final Map<String, String> ENVIRONMENT =
      Map.of("ASH_CREDENTIAL_KEY", "canary-9a10-credential-key", "ASH_QUEUE_PARALLEL", "0");

  private StartedNode node;

  @BeforeAll
  void start() throws IOException {
    node = StartedNode.start(ENVIRONMENT);
  }

  @AfterAll
  void stop() throws IOException {
    node.close();
  }

  @Test
  void theCommandLineGetsWhatItPrints() throws IOException {
    replay().commandLine();
  }

  @Test
  void everyMethodOfTheTypeScriptSdkGetsWhatItReads() throws IOException {
    replay().typeScript();
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
    return new ClientReplay(node.url(), node.key());
  }
}
