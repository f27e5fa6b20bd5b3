package dev.ash.node.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.e2e.StartedNode;
import dev.ash.node.e2e.StrictClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Whatever an agent makes of its workspace is saved and restored, or left out, without harm. */
final class OddWorkspaceIT {
  /** Kept: names of every kind, depths, sizes, modes. */
  private static final String MAKES_FILES =
      """
      mkdir -p keep/many keep/deep
      i=0; while [ $i -lt 5000 ]; do echo $i > keep/many/$i; i=$((i+1)); done
      printf two > 'keep/qu"o'"'"'te\\back'
      printf three > "keep/ spaces  "
      printf four > "keep/-rf"
      printf five > "keep/$(printf %0250d 7)"
      d=keep/deep; i=0; while [ $i -lt 60 ]; do d=$d/level$i; i=$((i+1)); done
      mkdir -p $d; printf six > $d/bottom
      printf seven > keep/secret
      printf eight > keep/run.sh; chmod 755 keep/run.sh
      mkdir keep/closed; printf nine > keep/closed/in
      mkdir keep/empty
      ln -s keep/run.sh inside
      """;

  /** Left out, or kept as nothing that leads anywhere. */
  private static final String MAKES_TRICKS =
      """
      ln -s /etc/passwd outside
      ln -s ../../../../../../../../etc/shadow climbs
      ln -s loop-b loop-a; ln -s loop-a loop-b
      ln -s . self
      ln -s / root
      mkfifo pipe
      perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local=>"odd-socket",Listen=>1)' || true
      printf bytes > "$(printf 'bad\\377name')"
      printf line > "$(printf 'new\\nline')"
      printf never > unread; chmod 000 unread
      mkdir shut; printf never > shut/in; chmod 000 shut
      ln keep/run.sh hard
      """;

  /** What was readable once and is locked now is still what it was. */
  private static final String LOCKS = "chmod 000 keep/secret keep/closed";

  /** Paths, modes and contents of what must be there again, as one digest. */
  private static final String DIGEST =
      """
      test $(stat -c %a keep/secret) = 0 || exit 1
      chmod 700 keep/closed; chmod 600 keep/secret
      (cd keep; find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
       find . -type d | LC_ALL=C sort; readlink ../inside; test -x run.sh && echo x) | sha256sum
      chmod 000 keep/secret keep/closed
      """;

  @Test
  void theWorkspaceComesBackAfterATermAndAKill() throws Exception {
    var passwd = Files.readAllBytes(Path.of("/etc/passwd"));
    try (var node = StartedNode.start(Map.of())) {
      var client = node.client();
      client.post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
      var session = client.createSession("a");
      run(client, session, MAKES_FILES);
      run(client, session, MAKES_TRICKS);
      say(client, session);
      run(client, session, LOCKS);
      var digest = run(client, session, DIGEST);
      say(client, session);

      assertThat(node.terminate()).isIn(0, 143);
      node.restart();
      say(node.client(), session);
      assertThat(run(node.client(), session, DIGEST)).isEqualTo(digest);
      run(node.client(), session, "printf more > keep/more");
      var more = run(node.client(), session, DIGEST);
      say(node.client(), session);

      node.kill9();
      node.restart();
      var listed =
          node.client()
              .get("/api/sessions/" + session + "/files")
              .expect(200)
              .json()
              .get("files")
              .findValuesAsText("path");
      assertThat(listed)
          .contains("keep/many/0", "keep/many/4999", "keep/more", "keep/-rf", "keep/run.sh")
          .doesNotHaveDuplicates()
          .noneMatch(path -> path.startsWith("root/") || path.startsWith("self/"))
          .noneMatch(path -> path.equals("pipe") || path.equals("odd-socket"));
      for (var path : List.of("outside", "climbs", "loop-a", "pipe", "odd-socket")) {
        var answer = node.client().get("/api/sessions/" + session + "/files/" + path);
        assertThat(answer.status()).as(path + " " + answer).isIn(400, 404);
      }
      say(node.client(), session);
      assertThat(run(node.client(), session, DIGEST)).isEqualTo(more);
    }
    assertThat(Files.readAllBytes(Path.of("/etc/passwd"))).isEqualTo(passwd);
  }

  private static void say(StrictClient client, String session) {
    assertThat(client.say(session, "hello"))
        .extracting(frame -> frame.event())
        .endsWith("done")
        .doesNotContain("error");
  }

  private static String run(StrictClient client, String session, String script) {
    var result = client.exec(session, script);
    assertThat(result.get("exitCode").asInt()).as(result.toString()).isZero();
    return result.get("stdout").asText();
  }
}
