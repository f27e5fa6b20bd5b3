package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.e2e.EventStream.Frame;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The reference's tests of conversations and of isolation (contract 14.4, 14.7, 14.9, 14.11). */
@ExtendWith(SharedNode.class)
final class ConversationContractIT {
  private final StrictClient client;

  ConversationContractIT(StrictClient client) {
    this.client = client;
    AgentFolders.plain(client, "talker");
  }

  @Test
  void theFirstMessageIsTheAssistants() {
    var frames = client.say(client.createSession("talker"), "hi");

    assertThat(frames).extracting(Frame::event).contains("message").containsOnlyOnce("done");
    assertThat(frames.stream().filter(f -> f.event().equals("message")).findFirst().orElseThrow())
        .matches(frame -> frame.type().equals("assistant"));
  }

  @Test
  void laterTurnsOfASessionAreResumed() {
    var id = client.createSession("talker");
    assertThat(text(client.say(id, "one"))).contains("[Mock]").doesNotContain("[Resumed");
    assertThat(text(client.say(id, "two"))).contains("[Resumed session]");
    var third = client.say(id, "three");
    assertThat(text(third)).contains("[Resumed session]");
    assertThat(third.getLast().json().get("sessionId").asText()).isEqualTo(id);
  }

  @Test
  void interleavedSessionsKnowNothingOfEachOther() {
    var a = client.createSession("talker");
    var b = client.createSession("talker");
    assertThat(text(client.say(a, "for a"))).contains("Turn 1").contains("for a");
    assertThat(text(client.say(b, "for b"))).contains("Turn 1").doesNotContain("for a");
    assertThat(text(client.say(a, "x"))).contains("[Resumed session]");
    assertThat(text(client.say(b, "x"))).contains("[Resumed session]");
  }

  @Test
  void sessionsAreCreatedAndStreamedAtOnce() {
    var all =
        Stream.generate(
                () ->
                    CompletableFuture.supplyAsync(
                        () -> {
                          var id = client.createSession("talker");
                          assertThat(client.say(id, "hi").getLast().event()).isEqualTo("done");
                          return id;
                        }))
            .limit(4)
            .toList()
            .stream()
            .map(CompletableFuture::join)
            .toList();

    assertThat(all).doesNotHaveDuplicates();
    var listed = client.get("/api/sessions?agent=talker&status=active").json().get("sessions");
    assertThat(listed.findValuesAsText("id")).containsAll(all);
  }

  @Test
  void sandboxesDoNotSeeEachOther() {
    var a = client.createSession("talker");
    var b = client.createSession("talker");
    var wrote = client.exec(a, "echo the-secret-of-a > secret.txt && echo ok");
    assertThat(wrote.get("exitCode").asInt()).isZero();
    assertThat(wrote.get("stdout").asText()).isEqualTo("ok\n");
    assertThat(client.exec(a, "echo $ASH_WORKSPACE_DIR; pwd").get("stdout").asText())
        .isEqualTo("/workspace\n/workspace\n");
    assertThat(client.exec(a, "cat /workspace/secret.txt").get("stdout").asText())
        .isEqualTo("the-secret-of-a\n");

    assertThat(client.exec(b, "cat /workspace/secret.txt").get("exitCode").asInt()).isNotZero();
    assertThat(client.exec(b, "ls -a ../.. / /tmp /home; find / -name '*" + a + "*'").toString())
        .doesNotContain(a);
    client.exec(b, "mkdir -p ../../" + a + "/workspace; echo x > /workspace/planted");
    assertThat(client.exec(a, "ls").get("stdout").asText()).doesNotContain("planted");
  }

  private static String text(List<Frame> frames) {
    return frames.stream()
        .filter(frame -> frame.type().equals("assistant"))
        .map(Frame::data)
        .reduce("", String::concat);
  }
}
