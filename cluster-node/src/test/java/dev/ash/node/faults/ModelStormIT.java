package dev.ash.node.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.e2e.EventStream.Frame;
import dev.ash.node.e2e.StartedNode;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A model server that refuses, breaks off and hangs, and real agents that go on nevertheless. */
@Tag("soak")
final class ModelStormIT {
  /** Retries of the agent, and its one more way to ask after a broken stream. */
  private static final int MOST_ATTEMPTS = 12;

  private static final List<String> PASSING =
      List.of(
          "{\"error\":{\"status\":429,\"headers\":{\"retry-after\":\"1\"},\"times\":2},\"text\":\"ok\"}",
          "{\"error\":{\"status\":529,\"times\":2},\"text\":\"ok\"}",
          "{\"error\":{\"status\":500,\"times\":1},\"text\":\"ok\"}",
          "{\"cut\":0,\"times\":1,\"text\":\"ok\"}",
          "{\"cut\":4,\"times\":1,\"text\":\"ok\"}",
          "{\"errorMid\":true,\"times\":1,\"text\":\"ok\"}");

  private static final List<String> LASTING =
      List.of(
          "{\"error\":{\"status\":529},\"text\":\"never\"}",
          "{\"error\":{\"status\":429},\"text\":\"never\"}",
          "{\"hang\":true,\"text\":\"half of\"}");

  /** A turn and how it ended. */
  private record Turn(String fault, String session, List<Frame> frames) {
    boolean has(String event) {
      return frames.stream().anyMatch(frame -> frame.event().equals(event));
    }
  }

  @Test
  void everyTurnEndsAndEveryCallIsShown() throws Exception {
    RealAgent.program();
    try (var model = ScriptedModel.start(0);
        var node =
            StartedNode.start(
                RealAgent.environment(model, Map.of()), List.of("-Dash.model.call-timeout=4s"))) {
      node.client().post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
      var turns = storm(node);

      for (var turn : turns) {
        assertThat(turn.frames().getLast().event()).as(turn.fault()).isEqualTo("done");
        assertThat(turn.frames()).filteredOn(Evidence::isDone).hasSize(1);
        if (PASSING.contains(turn.fault())) {
          assertThat(turn.has("turn_complete")).as(turn.toString()).isTrue();
          assertThat(answer(turn)).as(turn.fault()).contains("ok");
        }
        if (turn.fault().contains("429") || turn.fault().contains("529")) {
          assertThat(turn.has("rate_limited")).as(turn.toString()).isTrue();
        }
      }
      assertTheyGoOn(node, turns);
      assertEveryCallIsShown(node, model, turns);
    }
  }

  /** Three at once, each in a session of its own. */
  private static List<Turn> storm(StartedNode node) throws Exception {
    var faults = new ArrayList<>(PASSING);
    faults.addAll(0, LASTING);
    var running = new ArrayList<Future<Turn>>();
    try (var threads = Executors.newFixedThreadPool(3)) {
      for (var fault : faults) {
        running.add(threads.submit(() -> turn(node, fault)));
      }
    }
    var turns = new ArrayList<Turn>();
    for (var turn : running) {
      turns.add(turn.get());
    }
    return turns;
  }

  private static Turn turn(StartedNode node, String fault) throws IOException {
    var session = node.client().createSession("a");
    try (var turn = Watcher.of(node.client().send(session, "SCN:[" + fault + "]"))) {
      return new Turn(fault, session, turn.awaitEnd().frames());
    }
  }

  private static String answer(Turn turn) {
    return turn.frames().stream()
        .filter(frame -> frame.event().equals("turn_complete"))
        .map(Frame::data)
        .findFirst()
        .orElse("");
  }

  private static void assertTheyGoOn(StartedNode node, List<Turn> turns) {
    var lasting = turns.stream().filter(turn -> LASTING.contains(turn.fault())).toList();
    assertThat(lasting).hasSize(LASTING.size());
    for (var turn : lasting) {
      assertThat(node.client().say(turn.session(), "SCN:[\"here again\"]"))
          .as("after %s", turn.fault())
          .anyMatch(
              frame ->
                  frame.event().equals("turn_complete") && frame.data().contains("here again"));
    }
  }

  /** What the model saw is what the ledger has: nothing was asked, or paid, out of sight. */
  private static void assertEveryCallIsShown(
      StartedNode node, ScriptedModel model, List<Turn> turns) {
    var shown = 0;
    for (var turn : turns) {
      var calls = ModelBill.calls(node.client(), turn.session());
      assertThat(calls).as(turn.fault()).hasSizeBetween(1, MOST_ATTEMPTS);
      assertThat(calls).noneMatch(call -> ModelBill.state(call).equals("open"));
      shown += calls.size();
    }
    var asked =
        model.calls().stream().filter(call -> call.uri().matches("/v1/messages(\\?.*)?")).count();
    System.out.printf(
        "FIGURES storm of %d faults: %d calls of the model, %d in the ledger%n",
        turns.size(), asked, shown);
    assertThat(shown).isEqualTo((int) asked);
    ModelBill.assertIsTheModels(node.client(), model);
  }
}
