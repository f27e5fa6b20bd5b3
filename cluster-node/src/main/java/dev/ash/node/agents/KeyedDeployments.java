package dev.ash.node.agents;

import dev.ash.node.agents.Agents.Deployment;
import dev.ash.persistence.table.AgentRow;
import dev.ash.persistence.table.AgentTable;
import dev.ash.persistence.table.AgentTable.Deployed;
import dev.ash.persistence.table.IdempotencyTable;
import dev.ash.protocol.id.TenantId;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/** Deployments with an {@code Idempotency-Key}: the same key deploys once. Blocks. */
final class KeyedDeployments {
  /** Clients repeat within minutes; a queue of deployments may repeat after a weekend. */
  private static final Duration KEYS_KNOWN = Duration.ofDays(7);

  private final AgentTable table;
  private final IdempotencyTable requests;
  private final InstantSource clock;

  /**
   * A deployment's key, if it has one.
   *
   * @param request by which another request with the same key is recognised
   */
  record Key(String key, String request) {
    static Optional<Key> of(Deployment deployment) throws IOException {
      if (deployment.idempotencyKey().isEmpty()) {
        return Optional.empty();
      }
      var key = deployment.idempotencyKey().get();
      return Optional.of(new Key(key, AgentJson.request(deployment, key)));
    }
  }

  KeyedDeployments(AgentTable table, IdempotencyTable requests, InstantSource clock) {
    this.table = table;
    this.requests = requests;
    this.clock = clock;
  }

  /** What an earlier request has led to. A folder that it deployed may be gone by now. */
  Optional<AgentRow> before(TenantId tenant, Deployment deployment, Key key)
      throws RefusedException {
    var known = table.deployedBefore(tenant, deployment.name(), key.key(), key.request());
    return known.isPresent() ? Optional.of(row(known.get())) : Optional.empty();
  }

  AgentRow deploy(AgentTable.Deployment deployment, Key key) throws RefusedException {
    var deployed = table.deployOnce(deployment, key.key(), key.request());
    if (deployed instanceof Deployed.Now) {
      requests.deleteBefore(clock.instant().minus(KEYS_KNOWN));
    }
    return row(deployed);
  }

  private static AgentRow row(Deployed deployed) throws RefusedException {
    return switch (deployed) {
      case Deployed.Now(var now) -> now;
      case Deployed.Before(var known) -> known;
      case Deployed.OtherRequest() ->
          throw RefusedException.invalid("Idempotency-Key was used before with another request");
      case Deployed.Gone() ->
          throw RefusedException.invalid(
              "Idempotency-Key was used before, and the agent it deployed was deleted since");
    };
  }
}
