package dev.ash.node.gateways;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.e2e.StartedNode;
import dev.ash.node.faults.RealAgent;
import dev.ash.scriptedmodel.ScriptedModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real Keycloak gives the node its tokens for the gateway, each for 4 s, while real agents work
 * without a pause. Its secret is replaced and a token is revoked meanwhile; no turn notices.
 */
@Tag("soak")
@Timeout(300)
final class KeycloakIT {
  private static final String SECOND_SECRET = "second-secret-of-the-node";
  private static final String PROVIDER_KEY = "canary-provider-key";
  private static final int SESSIONS = 3;

  /** At the soonest a token is got anew: 80 % of what is left of 4 s, told in whole seconds. */
  private static final long SOONEST_MS = 2400;

  @TempDir private Path folder;
  private final AtomicBoolean over = new AtomicBoolean();
  private final Queue<String> bad = new ConcurrentLinkedQueue<>();

  @Test
  void expiryRotationAndRevocationCostNoTurn() throws Exception {
    var program = RealAgent.program();
    var secret = Files.writeString(folder.resolve("client-secret"), Keycloak.NODE_SECRET);
    var began = System.nanoTime();
    try (var keycloak = Keycloak.start(folder);
        var model =
            ScriptedModel.start(ScriptedModel.Options.onPort(0).requiringKey(PROVIDER_KEY));
        var gateway = new CheckingGateway(keycloak::isActive, model.url(), PROVIDER_KEY);
        var node =
            StartedNode.start(
                Map.of(
                    "ASH_REAL_SDK",
                    "1",
                    "CLAUDE_CODE_EXECUTABLE",
                    program.toString(),
                    "ANTHROPIC_BASE_URL",
                    gateway.url(),
                    "ASH_MODEL_TOKEN_URL",
                    keycloak.tokenUrl(),
                    "ASH_MODEL_CLIENT_ID",
                    Keycloak.NODE,
                    "ASH_MODEL_CLIENT_SECRET_FILE",
                    secret.toString(),
                    "ASH_MODEL_SCOPE",
                    "anthropic:read anthropic:write"))) {
      var started = Duration.ofNanos(System.nanoTime() - began);
      node.client().post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
      var loadBegan = System.nanoTime();
      var turns = 0;
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        var loads = new ArrayList<Future<Integer>>();
        try {
          for (var i = 0; i < SESSIONS; i++) {
            var session = node.client().createSession("a");
            loads.add(threads.submit(() -> load(node, session)));
          }
          awaitTokens(gateway, loads, 3);
          replaceSecret(keycloak, secret);
          awaitTokens(gateway, loads, 5);
          var revoked = revoke(keycloak, gateway);
          awaitTokens(gateway, loads, 8);
          assertThat(lastUse(gateway, revoked)).isLessThan(gateway.accepted().size() - 1);
        } finally {
          over.set(true);
        }
        for (var load : loads) {
          turns += load.get();
        }
      }
      var loadMs = Duration.ofNanos(System.nanoTime() - loadBegan).toMillis();
      var fetched = keycloak.logins("CLIENT_LOGIN");
      System.out.printf(
          "FIGURES Keycloak up in %d s; %d turns in %d ms, %d failed; %d calls let through, %d refused"
              + " and sent again; %d tokens got, %d requests for one refused%n",
          started.toSeconds(),
          turns,
          loadMs,
          bad.size(),
          gateway.accepted().size(),
          gateway.refused(),
          fetched,
          keycloak.logins("CLIENT_LOGIN_ERROR"));

      assertThat(bad).isEmpty();
      assertThat(turns).isGreaterThanOrEqualTo(SESSIONS * 3);
      assertThat(gateway.refused()).as("calls with the revoked token").isPositive();
      assertThat((long) fetched)
          .isGreaterThanOrEqualTo(gateway.tokens())
          .isLessThanOrEqualTo(loadMs / SOONEST_MS + 3);
      assertThat(model.calls())
          .allSatisfy(call -> assertThat(call.header("x-api-key")).contains(PROVIDER_KEY));
      confide(node, gateway);
    }
  }

  /** Turn after turn until it is over; how many there were. */
  private int load(StartedNode node, String session) {
    var turns = 0;
    while (!over.get()) {
      var word = "turn-" + session.substring(0, 8) + "-" + turns;
      var frames =
          node.client()
              .say(
                  session,
                  "SCN:[{\"tool\":\"Bash\",\"input\":{\"command\":\"true\"}},{\"text\":\"%s\",\"chunk\":6,\"chunkMs\":60}]"
                      .formatted(word));
      var all = frames.toString();
      var answered =
          frames.stream()
              .anyMatch(f -> f.type().equals("assistant") && f.data().contains('"' + word + '"'));
      if (!answered
          || !frames.getLast().event().equals("done")
          || frames.stream().anyMatch(f -> f.event().equals("error"))
          || all.contains("api_retry")
          || all.contains("\"subtype\":\"error")) {
        bad.add(word + ": " + all);
      }
      turns++;
    }
    return turns;
  }

  private static void awaitTokens(
      CheckingGateway gateway, List<Future<Integer>> loads, int tokens) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              for (var load : loads) {
                if (load.isDone()) {
                  load.get(); // tells why
                }
              }
              return gateway.tokens() >= tokens;
            });
  }

  /** First at the provider, then in the file, at once for whoever reads it. */
  private void replaceSecret(Keycloak keycloak, Path file) throws Exception {
    keycloak.replaceNodeSecret(SECOND_SECRET);
    var next = Files.writeString(folder.resolve("client-secret.next"), SECOND_SECRET);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static String revoke(Keycloak keycloak, CheckingGateway gateway) {
    var before = gateway.refused();
    // One that has just been got will be used again.
    var known = new HashSet<>(gateway.accepted());
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> !known.containsAll(gateway.accepted()));
    var token = gateway.accepted().getLast();
    keycloak.revoke(token, SECOND_SECRET);
    Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> gateway.refused() > before);
    return token;
  }

  private static int lastUse(CheckingGateway gateway, String token) {
    return gateway.accepted().lastIndexOf(token);
  }

  /** The node's end looks for them. */
  private static void confide(StartedNode node, CheckingGateway gateway) {
    var known = new HashMap<String, String>();
    known.put("the first secret", Keycloak.NODE_SECRET);
    known.put("the second secret", SECOND_SECRET);
    for (var token : gateway.accepted()) {
      known.put("token " + token.substring(token.length() - 6), token);
    }
    node.confide(known);
  }
}
