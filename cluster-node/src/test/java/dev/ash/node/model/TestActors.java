package dev.ash.node.model;

import dev.ash.config.NodeConfig;
import java.util.Map;
import java.util.Objects;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** The actor system of a test class; register it in a static field. */
final class TestActors implements BeforeAllCallback, AfterAllCallback {
  private @Nullable ActorTestKit kit;

  @Override
  public void beforeAll(ExtensionContext context) {
    kit = ActorTestKit.create(NodeConfig.load(Map.of("pekko.actor.provider", "local")));
  }

  @Override
  public void afterAll(ExtensionContext context) {
    started().shutdownTestKit();
  }

  ActorSystem<Void> system() {
    return started().system();
  }

  private ActorTestKit started() {
    return Objects.requireNonNull(kit, "TestActors belongs into a static @RegisterExtension field");
  }
}
