package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A session that has said ten thousand things. */
@ExtendWith(SharedNode.class)
final class ManyMessagesIT {
  private static final int SAID = 10_000;

  /** Of a page on a busy machine; what grows with the session would be far above. */
  private static final Duration SLOW = Duration.ofSeconds(3);

  private final StrictClient client;

  ManyMessagesIT(StrictClient client) {
    this.client = client;
  }

  @Test
  void everyRowIsOnOnePageAndNoPageIsSlow() {
    var id = client.createSession(AgentFolders.plain(client, "endless"));
    try (var turn = client.send(id, "MOCK:{\"text\":\"line\",\"messages\":" + SAID + "}")) {
      turn.upTo("done");
    }

    for (var what : List.of("messages", "events")) {
      var seen = new ArrayList<Long>();
      for (var page = page(id, what, 0); !page.isEmpty(); page = page(id, what, seen.getLast())) {
        seen.addAll(page);
      }
      // the user's, the assistant's and the result; created, texts and turn_complete
      assertThat(seen).isEqualTo(LongStream.rangeClosed(1, SAID + 2L).boxed().toList());
    }
    assertThat(page(id, "messages", SAID)).containsExactly(SAID + 1L, SAID + 2L);
    assertThat(client.get("/api/sessions?agent=endless&limit=1").expect(200).text()).contains(id);
  }

  private List<Long> page(String id, String what, long after) {
    var begin = System.nanoTime();
    var rows =
        client
            .get("/api/sessions/" + id + "/" + what + "?limit=1000&after=" + after)
            .expect(200)
            .json()
            .get(what)
            .findValues("sequence");
    assertThat(Duration.ofNanos(System.nanoTime() - begin))
        .as(what + " after " + after)
        .isLessThan(SLOW);
    return rows.stream().map(sequence -> sequence.asLong()).toList();
  }
}
