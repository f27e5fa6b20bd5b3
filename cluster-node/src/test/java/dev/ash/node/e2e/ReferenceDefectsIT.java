package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.node.e2e.EventStream.Frame;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Defects of the system whose clients we serve, which no other test shows to be absent here;
 * docs/contract.md lists all of them.
 */
@ExtendWith(SharedNode.class)
final class ReferenceDefectsIT {
  private final SharedNode.Guest guest;
  private final StrictClient client;

  ReferenceDefectsIT(SharedNode.Guest guest) {
    this.guest = guest;
    this.client = guest.client();
  }

  /** Contract 5.6, G3 and G4: there a sandbox is made beforehand, with what the last caller had. */
  @Test
  void aSessionHasNothingOfTheOneBeforeItAndAllOfItsOwn() {
    AgentFolders.plain(client, "shared");
    var first =
        client.createSession(
            StrictClient.object()
                .put("agent", "shared")
                .put("systemPrompt", "# first")
                .set("extraEnv", StrictClient.object().put("MINE", "first")));
    var second = client.createSession("shared");

    assertThat(out(first, "cat CLAUDE.md; echo; echo $MINE")).isEqualTo("# first\nfirst\n");
    assertThat(out(second, "cat CLAUDE.md; echo [$MINE]")).isEqualTo("# shared\n[]\n");
  }

  /** Contract 6, G12 and G18: there files of other tenants, prompt and variables are lost. */
  @Test
  void aColdResumeKeepsFilesPromptAndVariablesOfEveryTenant() {
    AgentFolders.plain(client, "kept");
    var id =
        client.createSession(
            StrictClient.object()
                .put("agent", "kept")
                .put("systemPrompt", "# asked for")
                .set("extraEnv", StrictClient.object().put("MINE", "still here")));
    out(id, "echo of the session > file.txt");

    client.post("/api/sessions/" + id + "/stop").expect(200);
    client.post("/api/sessions/" + id + "/resume").expect(200);

    assertThat(out(id, "cat file.txt CLAUDE.md; echo; echo $MINE"))
        .isEqualTo("of the session\n# asked for\nstill here\n");
  }

  /** Contract 6.3, G25: there most of what is stored at the same time is dropped. */
  @Test
  void messagesThatComeAtOnceAreAllStoredInSequence() {
    var id = client.createSession(AgentFolders.plain(client, "crowd"));

    IntStream.range(0, 8)
        .mapToObj(i -> CompletableFuture.supplyAsync(() -> client.say(id, "text" + i)))
        .toList()
        .forEach(CompletableFuture::join);

    for (var name : List.of("messages", "events")) {
      var rows = client.get("/api/sessions/" + id + "/" + name).expect(200).json().get(name);
      assertThat(rows)
          .extracting(row -> row.get("sequence").asInt())
          .as(name)
          .containsExactlyElementsOf(IntStream.rangeClosed(1, rows.size()).boxed().toList());
    }
    var texts = client.get("/api/sessions/" + id + "/messages").text();
    IntStream.range(0, 8).forEach(i -> assertThat(texts).contains("text" + i + "\\\"}"));
  }

  /** Contract 2.7, G22: there the reply of an ended session never ends. */
  @Test
  void endInMidTurnEndsTheReplyWithErrorAndDone() {
    var id = client.createSession(AgentFolders.plain(client, "cut"));
    try (var running = client.send(id, "MOCK:{\"text\":\"x\",\"hang\":true}")) {
      running.upTo("message");

      client.delete("/api/sessions/" + id).expect(200);

      assertThat(running.rest()).extracting(Frame::event).containsExactly("error", "done");
    }
  }

  /** G13b: there two links like these hold up the whole server for a quarter of a minute. */
  @Test
  void linksThatLeadToThemselvesAreListedAtOnce() {
    var id = client.createSession(AgentFolders.plain(client, "links"));
    out(id, "ln -s . a; ln -s . b; ln -s c d; ln -s d c");

    var begin = System.nanoTime();
    var files = client.get("/api/sessions/" + id + "/files").expect(200).json().get("files");

    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
    assertThat(files).extracting(JsonNode::toString).noneMatch(file -> file.contains("a/b"));
  }

  /** G34 and G35: there sandboxes of deleted agents run on, and folders of sessions stay. */
  @Test
  void nothingOfAnEndedSessionOrADeletedAgentIsLeftOnTheMachine() {
    var ended = client.createSession(AgentFolders.plain(client, "gone"));
    var orphan = client.createSession("gone");
    var sandboxes = guest.node().dataDir().resolve("sandboxes");
    out(ended, "true");
    out(orphan, "true");
    assertThat(sandboxes.resolve(ended)).exists();

    client.delete("/api/sessions/" + ended).expect(200);
    client.delete("/api/agents/gone").expect(200);

    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () -> {
              try (var left = Files.walk(sandboxes, 1)) {
                assertThat(left.map(path -> path.getFileName().toString()))
                    .noneMatch(name -> name.contains(ended) || name.contains(orphan));
              }
            });
  }

  /** G47: there metrics know the sessions of one tenant only. */
  @Test
  void figuresCountTheSessionsOfEveryTenant() {
    var before = activeSessions();
    var neighbour = guest.neighbour("counted");
    neighbour.createSession(AgentFolders.plain(neighbour, "counted"));

    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> assertThat(activeSessions()).isGreaterThan(before));
  }

  private int activeSessions() {
    return client.get("/health").expect(200).json().get("activeSessions").asInt();
  }

  private String out(String session, String command) {
    return client.exec(session, command).get("stdout").asText();
  }
}
