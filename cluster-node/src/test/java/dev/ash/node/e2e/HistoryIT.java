package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Pages of what a session said and did, and of the list of sessions. */
@ExtendWith(SharedNode.class)
final class HistoryIT {
  private static final int SAID = 300;

  private final SharedNode.Guest guest;
  private final StrictClient client;

  HistoryIT(SharedNode.Guest guest) {
    this.guest = guest;
    this.client = guest.client();
  }

  @Test
  void messagesAndEventsAreReadInPages() {
    var id = client.createSession(AgentFolders.plain(client, "long"));
    client.say(id, "MOCK:{\"text\":\"line\",\"messages\":" + SAID + "}");

    for (var page : new int[] {1000, 100, 7}) {
      // the user's, the assistant's and the result; created, texts and turn_complete
      assertThat(sequences(id, "messages", page, "")).isEqualTo(upTo(SAID + 2));
      assertThat(sequences(id, "events", page, "")).isEqualTo(upTo(SAID + 2));
    }
    assertThat(rows(id, "messages", "")).hasSize(100);
    assertThat(rows(id, "events", "")).hasSize(200);
    assertThat(rows(id, "messages", "?after=" + (SAID + 2))).isEmpty();
    assertThat(sequences(id, "events", 50, "&type=text"))
        .isEqualTo(LongStream.rangeClosed(2, SAID + 1L).boxed().toList());
    for (var bad : List.of("?limit=0", "?limit=1001", "?after=-1", "?limit=x")) {
      client.get("/api/sessions/" + id + "/messages" + bad).expect(400);
    }
  }

  @Test
  void sessionsAreListedFilteredAndPaged() {
    var own = guest.neighbour("list");
    AgentFolders.plain(own, "a");
    AgentFolders.plain(own, "b");
    var ids = new ArrayList<String>();
    for (var i = 0; i < 5; i++) {
      ids.addFirst(own.createSession("a"));
    }
    var ended = own.createSession("b");
    own.delete("/api/sessions/" + ended).expect(200);

    assertThat(listed(own, "?agent=a")).isEqualTo(ids);
    assertThat(listed(own, "")).hasSize(6);
    assertThat(listed(own, "?status=ended")).containsExactly(ended);
    assertThat(listed(own, "?agent=a&limit=2&offset=1")).isEqualTo(ids.subList(1, 3));
    assertThat(listed(own, "?agent=nope")).isEmpty();
    var page = own.get("/api/sessions?agent=a&limit=2&includeTotal=true").expect(200).json();
    assertThat(page.get("sessions")).hasSize(2);
    assertThat(page.get("total").asInt()).isEqualTo(5);
    own.get("/api/sessions?status=nonsense").expect(400);
  }

  private List<Long> sequences(String id, String what, int page, String more) {
    var all = new ArrayList<Long>();
    var rows = rows(id, what, "?limit=" + page + more);
    while (!rows.isEmpty()) {
      assertThat(rows).hasSizeLessThanOrEqualTo(page);
      rows.forEach(row -> all.add(row.get("sequence").asLong()));
      rows = rows(id, what, "?limit=" + page + "&after=" + all.getLast() + more);
    }
    return all;
  }

  private List<JsonNode> rows(String id, String what, String query) {
    var rows = client.get("/api/sessions/" + id + "/" + what + query).expect(200).json().get(what);
    return StreamSupport.stream(rows.spliterator(), false).toList();
  }

  private static List<String> listed(StrictClient client, String query) {
    return client
        .get("/api/sessions" + query)
        .expect(200)
        .json()
        .get("sessions")
        .findValuesAsText("id");
  }

  private static List<Long> upTo(long last) {
    return LongStream.rangeClosed(1, last).boxed().toList();
  }
}
