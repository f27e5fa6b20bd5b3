package dev.ash.node.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.node.e2e.StartedNode;
import dev.ash.node.e2e.StrictClient;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** {@code kill -9} of a node within milliseconds of a create, a pause or a fork. */
final class KillDuringCommandsIT {
  private static final int[] DELAYS_MS = {20, 60, 80, 100, 140};

  /** What was asked in one life of the node, and what of it was answered. */
  private static final class Asked {
    private final StrictClient client;
    private final Set<String> made = ConcurrentHashMap.newKeySet();
    private final Set<String> paused = ConcurrentHashMap.newKeySet();

    Asked(StrictClient client) {
      this.client = client;
    }

    private Optional<JsonNode> ask(String path, String body, int status) {
      try {
        var answer = client.post(path, body);
        return answer.status() == status ? Optional.of(answer.json()) : Optional.empty();
      } catch (UncheckedIOException _) {
        return Optional.empty(); // the node is gone
      }
    }

    CompletableFuture<Void> create() {
      return make("/api/sessions", "{\"agent\":\"a\"}");
    }

    CompletableFuture<Void> fork(String session) {
      return make("/api/sessions/" + session + "/fork", "");
    }

    private CompletableFuture<Void> make(String path, String body) {
      return CompletableFuture.runAsync(
          () -> ask(path, body, 201).ifPresent(a -> made.add(a.at("/session/id").asText())),
          Thread::startVirtualThread);
    }

    CompletableFuture<Void> pause(String session) {
      return CompletableFuture.runAsync(
          () ->
              ask("/api/sessions/" + session + "/pause", "", 200)
                  .ifPresent(_ -> paused.add(session)),
          Thread::startVirtualThread);
    }
  }

  @Test
  void afterwardsListAndSessionsAgreeAndNothingAcknowledgedIsMissing() throws Exception {
    try (var node = StartedNode.start(Map.of())) {
      node.client().post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
      var known = new HashSet<String>();
      var asked = 0;
      for (var delay : DELAYS_MS) {
        var client = node.client();
        var forked = client.createSession("a");
        client.say(forked, "MOCK:{\"write\":{\"path\":\"kept.txt\",\"text\":\"kept\"}}");
        var paused = client.createSession("a");
        client.say(paused, "MOCK:{\"write\":{\"path\":\"kept.txt\",\"text\":\"kept\"}}");
        known.addAll(List.of(forked, paused));

        var requests = new Asked(client);
        var open =
            List.of(
                requests.create(),
                requests.fork(forked),
                requests.pause(paused),
                requests.create(),
                requests.fork(forked));
        asked += 4;
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(delay));
        node.kill9();
        CompletableFuture.allOf(open.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
        node.restart();

        known.addAll(requests.made);
        assertAgrees(node, known, asked);
        assertThat(requests.paused)
            .allSatisfy(id -> assertThat(status(node, id)).isEqualTo("paused"));
      }
      assertEverySessionIsUsable(node, listed(node.client()));
    }
  }

  private static List<String> listed(StrictClient client) {
    return client
        .get("/api/sessions?limit=1000")
        .expect(200)
        .json()
        .get("sessions")
        .findValuesAsText("id");
  }

  private static String status(StartedNode node, String id) {
    return node.client()
        .get("/api/sessions/" + id)
        .expect(200)
        .json()
        .at("/session/status")
        .asText();
  }

  private static void assertAgrees(StartedNode node, Set<String> acknowledged, int asked) {
    var client = node.client();
    var listed = listed(client);
    assertThat(listed).doesNotHaveDuplicates().containsAll(acknowledged);
    assertThat(listed).hasSizeLessThanOrEqualTo(acknowledged.size() + asked);
    for (var row : client.get("/api/sessions?limit=1000").json().get("sessions")) {
      var id = row.get("id").asText();
      assertThat(client.get("/api/sessions/" + id).expect(200).json().at("/session/status"))
          .as(id)
          .isEqualTo(row.get("status"));
      client.get("/api/sessions/" + id + "/messages").expect(200);
    }
  }

  /** Also those that were made and never acknowledged; what a fork has, it has from its origin. */
  private static void assertEverySessionIsUsable(StartedNode node, List<String> sessions) {
    var client = node.client();
    for (var id : sessions) {
      if (status(node, id).equals("paused")) {
        client.post("/api/sessions/" + id + "/resume").expect(200);
      }
      var earlier = client.get("/api/sessions/" + id + "/messages").json().get("messages").size();
      assertThat(client.say(id, "hello"))
          .as(id)
          .extracting(frame -> frame.event())
          .endsWith("done")
          .doesNotContain("error");
      if (earlier > 0) {
        assertThat(client.exec(id, "cat kept.txt").get("stdout").asText()).as(id).isEqualTo("kept");
      }
      client.delete("/api/sessions/" + id).expect(200);
    }
    assertThat(listed(client)).allSatisfy(id -> assertThat(status(node, id)).isEqualTo("ended"));
  }
}
