package dev.ash.node.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.ash.node.e2e.StartedNode;
import dev.ash.node.e2e.StrictClient;
import dev.ash.node.e2e.StrictClient.Answer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What an agent takes of memory and of processes, it takes from itself only. */
final class GreedyAgentIT {
  /** Doubles a shell variable until there is no more memory. */
  private static final String EATS_MEMORY = "x=0123456789abcdef; while :; do x=$x$x; done";

  private static final String FORK_BOMB = "bomb() { bomb | bomb & }; bomb; sleep 5; echo survived";

  /** Left by a turn or a command, to be there afterwards. */
  private static final String KEPT = "kept.txt";

  private static @Nullable StartedNode started;

  @BeforeAll
  static void start() throws IOException {
    var node = StartedNode.start(Map.of("ASH_SANDBOX_MEMORY_MB", "256"));
    started = node;
    node.client().post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
  }

  @AfterAll
  static void stop() throws IOException {
    if (started != null) {
      started.close();
    }
  }

  private static StartedNode node() {
    if (started == null) {
      throw new IllegalStateException("the node has not started");
    }
    return started;
  }

  /** The two sessions of a test: the one that misbehaves, and its neighbour. */
  private static List<String> sessions(StrictClient client) {
    var pair = List.of(client.createSession("a"), client.createSession("a"));
    pair.forEach(
        id -> client.say(id, "MOCK:{\"write\":{\"path\":\"" + KEPT + "\",\"text\":\"kept\"}}"));
    return pair;
  }

  private static Answer run(StrictClient client, String session, String command) {
    var body = StrictClient.object().put("command", command).put("timeout", 20_000);
    return client.post("/api/sessions/" + session + "/exec", body.toString());
  }

  /** It exits by itself, is ended by the limit, or its sandbox is: never silence, never success. */
  private static void assertFailed(Answer answer) {
    if (answer.status() == 200) {
      assertThat(answer.json().get("exitCode").asInt()).as(answer.toString()).isNotZero();
    } else {
      assertThat(answer.status()).as(answer.toString()).isGreaterThanOrEqualTo(400);
      assertThat(answer.json().get("error").asText()).isNotBlank();
    }
  }

  private static void assertUsable(StrictClient client, String session) {
    assertThat(client.say(session, "hello"))
        .extracting(frame -> frame.event())
        .endsWith("done")
        .doesNotContain("error");
    assertThat(client.exec(session, "cat " + KEPT).get("stdout").asText()).isEqualTo("kept");
  }

  @Test
  void aCommandThatEatsMemoryFailsAndItsSessionGoesOn() {
    var limit = node().client().get("/health").expect(200).text();
    assumeFalse(limit.contains("no memory cgroup"), "memory is not limited on this machine");
    var client = node().client();
    var pair = sessions(client);

    assertFailed(run(client, pair.getFirst(), EATS_MEMORY));

    assertUsable(client, pair.getLast());
    assertUsable(client, pair.getFirst());
    pair.forEach(id -> client.delete("/api/sessions/" + id).expect(200));
  }

  @Test
  void aForkBombEndsWithItsSandboxAndHurtsNobodyElse() {
    var client = node().client();
    var pair = sessions(client);
    var before = node().descendants().size();

    var answer = run(client, pair.getFirst(), FORK_BOMB);
    assertThat(answer.json().has("exitCode") || answer.json().has("error"))
        .as(answer.toString())
        .isTrue();
    assertThat(node().descendants().size() - before).isLessThan(300);
    assertUsable(client, pair.getLast());

    // what still multiplies in the sandbox may leave no room for a command: the owner ends it
    client.post("/api/sessions/" + pair.getFirst() + "/stop").expect(200);
    client.post("/api/sessions/" + pair.getFirst() + "/resume").expect(200);
    assertUsable(client, pair.getFirst());
    pair.forEach(id -> client.delete("/api/sessions/" + id).expect(200));
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(node().descendants()).isEmpty());
  }
}
