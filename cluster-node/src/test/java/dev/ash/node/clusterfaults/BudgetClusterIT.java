package dev.ash.node.clusterfaults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.e2e.StartedNode;
import dev.ash.node.faults.ModelBill;
import dev.ash.node.faults.RealAgent;
import dev.ash.scriptedmodel.ScriptedModel;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A tenant's budget is one, whichever node its sessions are on, and outlives one of them. */
@Tag("cluster")
final class BudgetClusterIT {
  private static final String BUDGET = "{\"scope\":\"tenant\",\"window\":\"total\",\"tokens\":";

  @Test
  void twoNodesSpendFromOneBudgetAndOneCountsWhatTheOtherSpent() throws Exception {
    RealAgent.program();
    try (var postgres = TestPostgres.start("127.0.0.1");
        var model = ScriptedModel.start(0);
        var cluster = TestCluster.start(postgres, 2, RealAgent.environment(model, Map.of()))) {
      var first = cluster.node(0);
      var second = cluster.node(1);
      var one = first.client().createSession("a");
      var other = sessionOn(cluster, one);
      first.client().say(one, "The code word is BLUEBIRD-7.");
      second.client().say(other, "The code word is BLUEBIRD-8.");
      var spent = tokens(first);
      assertThat(spent).isPositive();
      // Each of the two has cost half of it: neither is at its end by itself.
      first.client().post("/api/budgets", BUDGET + spent + "}").expect(200);

      var asked = model.requests();
      try (var threads = Executors.newFixedThreadPool(2)) {
        var a = threads.submit(() -> first.client().say(one, "RECALL"));
        var b = threads.submit(() -> second.client().say(other, "RECALL"));
        assertThat(a.get()).anyMatch(frame -> frame.event().equals("budget_exceeded"));
        assertThat(b.get()).anyMatch(frame -> frame.event().equals("budget_exceeded"));
      }
      assertThat(model.requests()).isEqualTo(asked);

      first.client().post("/api/budgets", BUDGET + "1000000000}").expect(200);
      assertThat(first.client().say(one, "RECALL")).anyMatch(frame -> answers(frame.data(), "-7"));
      assertThat(second.client().say(other, "RECALL"))
          .anyMatch(frame -> answers(frame.data(), "-8"));

      first.kill9();
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(
              () ->
                  assertThat(second.client().say(one, "RECALL"))
                      .anyMatch(frame -> answers(frame.data(), "-7")));
      assertThat(ModelBill.usage(second.client(), "by=state"))
          .isNotEmpty()
          .allMatch(total -> total.path("state").asText().equals("done"));
      ModelBill.assertIsTheModels(second.client(), model);
      System.out.printf(
          "FIGURES budget of two nodes: %d tokens in the ledger of the one left, all the model's%n",
          tokens(second));
    }
  }

  /** A session that another node owns than this one. */
  private static String sessionOn(TestCluster cluster, String notWith) {
    var owner = owner(cluster, notWith);
    for (var n = 0; n < 20; n++) {
      var id = cluster.node(1).client().createSession("a");
      if (!owner(cluster, id).equals(owner)) {
        return id;
      }
    }
    throw new AssertionError("twenty sessions, and all on " + owner);
  }

  private static String owner(TestCluster cluster, String session) {
    return TestCluster.management(cluster.node(0))
        .get("/sessions/" + session)
        .expect(200)
        .json()
        .path("node")
        .toString();
  }

  private static boolean answers(String data, String word) {
    return data.contains("You said before") && data.contains("BLUEBIRD" + word);
  }

  private static long tokens(StartedNode node) {
    return ModelBill.usage(node.client(), "by=state").stream().mapToLong(ModelBill::tokens).sum();
  }
}
