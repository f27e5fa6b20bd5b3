package dev.ash.node.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * One node with the mock agent for all classes that need nothing else of it. Each class is a tenant
 * of its own, so what other classes deploy and start is not there for it.
 */
final class SharedNode implements ParameterResolver {
  static final String SECRET = "an-internal-secret";

  /** What a class knows of the node. */
  record Guest(StartedNode node, String tenant, StrictClient client) {
    /** A client of one more tenant. */
    StrictClient neighbour(String suffix) {
      return tenantOf(node, tenant + "-" + suffix);
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    var type = parameter.getParameter().getType();
    return type == Guest.class || type == StrictClient.class || type == StartedNode.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    var store = context.getRoot().getStore(Namespace.create(SharedNode.class));
    var node = store.getOrComputeIfAbsent(StartedNode.class, _ -> start(), StartedNode.class);
    var tenant = context.getRequiredTestClass().getSimpleName();
    var client =
        store.getOrComputeIfAbsent(tenant, _ -> tenantOf(node, tenant), StrictClient.class);
    var type = parameter.getParameter().getType();
    if (type == StrictClient.class) {
      return client;
    }
    return type == StartedNode.class ? node : new Guest(node, tenant, client);
  }

  private static StartedNode start() {
    try {
      return StartedNode.start(Map.of("ASH_INTERNAL_SECRET", SECRET));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static StrictClient tenantOf(StartedNode node, String tenant) {
    var made =
        new StrictClient(node.url(), "")
            .send(
                "POST",
                "/api/internal/api-keys",
                Map.of("Authorization", "Bearer " + SECRET, "Content-Type", "application/json"),
                StrictClient.object()
                    .put("tenantId", tenant)
                    .toString()
                    .getBytes(StandardCharsets.UTF_8))
            .expect(200);
    return new StrictClient(node.url(), made.json().get("key").asText());
  }
}
