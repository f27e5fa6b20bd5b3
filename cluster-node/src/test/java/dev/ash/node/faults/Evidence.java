package dev.ash.node.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ash.node.e2e.EventStream.Frame;
import dev.ash.node.e2e.StartedNode;
import dev.ash.node.e2e.StrictClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** What is left of a session after a fault, and what that must look like. */
public final class Evidence {
  private Evidence() {}

  /** The whole log as a reader sees it who comes now, up to the end of so many turns. */
  public static List<Frame> replay(StartedNode node, String session, int turns) {
    try (var reader = Watcher.of(node.client().follow(session, ""))) {
      return upToEnds(reader.await(turns, Evidence::isDone).frames(), turns);
    }
  }

  private static List<Frame> upToEnds(List<Frame> frames, int turns) {
    var kept = new ArrayList<Frame>();
    var ends = 0;
    for (var frame : frames) {
      kept.add(frame);
      ends += isDone(frame) ? 1 : 0;
      if (ends == turns) {
        break;
      }
    }
    return kept;
  }

  public static boolean isDone(Frame frame) {
    return frame.event().equals("done");
  }

  public static boolean isMessage(Frame frame) {
    return frame.event().equals("message");
  }

  public static long count(List<Frame> frames, String event) {
    return frames.stream().filter(frame -> frame.event().equals(event)).count();
  }

  /** Without what is shown live and never stored. */
  public static List<Frame> stored(List<Frame> frames) {
    return frames.stream().filter(frame -> !isPassing(frame)).toList();
  }

  private static boolean isPassing(Frame frame) {
    return frame.event().endsWith("_delta")
        || frame.type().equals("stream_event")
        || (frame.type().equals("system")
            && frame.json().path("subtype").asText().equals("status"));
  }

  /** What was seen before and after is the log without a gap and without a double. */
  public static void assertWhole(List<Frame> replay, List<Frame> before, List<Frame> after) {
    var log = stored(replay);
    assertThat(log).extracting(Frame::id).doesNotHaveDuplicates();
    var seen = new ArrayList<>(stored(before));
    var first = log.indexOf(seen.getFirst());
    assertThat(first).as("%s in the log", seen.getFirst()).isNotNegative();
    seen.addAll(stored(after));
    assertThat(seen).containsExactlyElementsOf(log.subList(first, log.size()));
  }

  /** The two histories count from 1 without a gap, and say what the stream says. */
  public static void assertHistories(StrictClient client, String session, List<Frame> replay) {
    var messages =
        client.get("/api/sessions/" + session + "/messages?limit=1000").expect(200).json();
    var events = client.get("/api/sessions/" + session + "/events?limit=1000").expect(200).json();
    for (var rows : List.of(messages.get("messages"), events.get("events"))) {
      var sequences = rows.findValues("sequence").stream().map(n -> n.asInt()).toList();
      assertThat(sequences)
          .isNotEmpty()
          .containsExactlyElementsOf(IntStream.rangeClosed(1, sequences.size()).boxed().toList());
    }
    var said =
        replay.stream()
            .filter(Evidence::isMessage)
            .filter(frame -> frame.type().equals("assistant"))
            .map(Frame::data)
            .toList();
    var contents = messages.get("messages").findValuesAsText("content");
    assertThat(contents.stream().filter(said::contains).toList()).containsExactlyElementsOf(said);
  }

  /** Everything that a user said in a session, in order. */
  public static List<String> asked(StrictClient client, String session) {
    var asked = new ArrayList<String>();
    for (var row :
        client.get("/api/sessions/" + session + "/messages?limit=1000").json().get("messages")) {
      if (row.get("role").asText().equals("user")) {
        asked.add(row.get("content").asText());
      }
    }
    return asked;
  }

  /** Types of a session's events in the journal; reads the file, so that nobody is asked. */
  public static List<String> journal(Path dataDir, String session) {
    return journal("jdbc:sqlite:" + dataDir.resolve("ash.db") + "?busy_timeout=10000", session);
  }

  /** As above, of the database at a JDBC address. */
  public static List<String> journal(String url, String session) {
    try (var connection = DriverManager.getConnection(url);
        var select =
            connection.prepareStatement(
                "SELECT event_payload FROM event_journal"
                    + " WHERE persistence_id = ? ORDER BY sequence_number")) {
      select.setString(1, "session|" + session);
      var found = new ArrayList<String>();
      try (var rows = select.executeQuery()) {
        while (rows.next()) {
          var event = new String(rows.getBytes(1), StandardCharsets.UTF_8);
          found.add(StrictClient.json(event).path("type").asText());
        }
      }
      return found;
    } catch (SQLException e) {
      throw new IllegalStateException(url, e);
    }
  }

  /** Waits until a session's log holds so many ends of turns, without asking the node. */
  public static void awaitEnds(StartedNode node, String session, int turns) {
    await()
        .atMost(Duration.ofSeconds(90))
        .untilAsserted(
            () ->
                assertThat(journal(node.dataDir(), session))
                    .as(node::output)
                    .filteredOn("turn-ended"::equals)
                    .hasSize(turns));
  }

  /** Nothing is left of processes; a zombie that init has not reaped yet is nothing. */
  public static void assertGone(List<ProcessHandle> processes) {
    await()
        .atMost(Duration.ofSeconds(15))
        .untilAsserted(() -> assertThat(processes).noneMatch(Evidence::runs));
  }

  private static boolean runs(ProcessHandle process) {
    try {
      var stat =
          java.nio.file.Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
      return process.isAlive() && !stat.startsWith(") Z", stat.lastIndexOf(')'));
    } catch (IOException e) {
      return false;
    }
  }
}
