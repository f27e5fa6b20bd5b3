package dev.ash.node.contract;

import dev.ash.node.e2e.StartedNode;
import dev.ash.node.e2e.StrictClient;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A node that is told that it is in production (contract 2.3). */
final class ProductionDocsIT {
  @Test
  void nobodyIsToldWhatTheApiLooksLike() throws IOException {
    try (var node = StartedNode.start(Map.of("NODE_ENV", "production"))) {
      var nobody = new StrictClient(node.url(), "");
      for (var client : List.of(nobody, node.client())) {
        for (var path :
            List.of("/docs", "/docs/", "/docs/json", "/docs/yaml", "/docs/static/swagger-ui.css")) {
          client.get(path).expect(404);
        }
      }
      nobody.get("/health").expect(200);
    }
  }
}
