package dev.ash.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.ash.client.model.NewSession;
import dev.ash.client.model.SessionStatus;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is asked again, what is not, and how long it waits. */
final class RetryTest {
  private static final String AGENTS = "GET /api/agents";
  private static final String CREATE = "POST /api/sessions";
  private static final String PAUSE = "POST /api/sessions/s1/pause";
  private static final String SESSION =
      "{\"session\":{\"id\":\"s1\",\"agentName\":\"a\",\"sandboxId\":\"s1\",\"status\":\"active\","
          + "\"createdAt\":\"2026-01-01T00:00:00.000Z\","
          + "\"lastActiveAt\":\"2026-01-01T00:00:00.000Z\",\"news\":1}}";

  private final Rig rig = new Rig();
  private final StubServer server = rig.server;

  @AfterEach
  void tearDown() {
    rig.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {502, 503, 504})
  void asksAgainWhatOnlyReads(int status) {
    server.on(AGENTS, status, "{\"error\":\"moving\"}");
    server.on(AGENTS, 200, "{\"agents\":[]}");

    assertThat(rig.ash.agents().list()).isEmpty();
    assertThat(rig.waits).containsExactly(Duration.ofMillis(250));
  }

  @Test
  void waitsLongerEachTimeAndGivesUpWithTheServersWords() {
    server.on(AGENTS, 503, "{\"error\":\"moving\"}");

    var refused = catchThrowableOfType(AshException.Refused.class, () -> rig.ash.agents().list());

    assertThat(refused).hasMessage("GET /api/agents failed (503): moving");
    assertThat(refused.status()).isEqualTo(503);
    assertThat(refused.error()).isEqualTo("moving");
    assertThat(rig.waits)
        .containsExactly(Duration.ofMillis(250), Duration.ofMillis(500), Duration.ofSeconds(1));
    assertThat(server.requests()).hasSize(4);
  }

  @Test
  void createsOnceWithOneKeyHoweverOftenItAsks() {
    server.tornStream(CREATE);
    server.on(CREATE, 503, "{\"error\":\"moving\"}");
    server.on(CREATE, 201, SESSION);

    var session = rig.ash.sessions().create(NewSession.of("a").model("m"));

    assertThat(session.status()).isEqualTo(SessionStatus.ACTIVE);
    assertThat(session.runnerId()).isEmpty();
    assertThat(server.requests())
        .extracting(StubServer.Request::idempotencyKey)
        .containsExactly(Optional.of("key-1"), Optional.of("key-1"), Optional.of("key-1"));
  }

  @Test
  void takesTheCallersKey() {
    server.on(CREATE, 201, SESSION);

    rig.ash.sessions().create(NewSession.of("a").once("mine"));

    assertThat(server.only().idempotencyKey()).hasValue("mine");
  }

  @Test
  void doesNotRepeatWhatMayHaveHappened() {
    server.on(PAUSE, 503, "{\"error\":\"moving\"}");

    assertThatThrownBy(() -> rig.ash.sessions().pause("s1"))
        .isInstanceOf(AshException.Refused.class);
    assertThat(server.requests()).hasSize(1);
    assertThat(rig.waits).isEmpty();
  }

  @Test
  void doesNotRepeatABrokenCallWithoutKey() {
    server.tornStream(PAUSE);

    assertThatThrownBy(() -> rig.ash.sessions().pause("s1"))
        .isInstanceOf(AshException.Broken.class);
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void waitsAsLongAsTheServerAsksWhateverTheCall() {
    server.busy(PAUSE, 429, "7");
    server.on(PAUSE, 200, SESSION);

    rig.ash.sessions().pause("s1");

    assertThat(rig.waits).containsExactly(Duration.ofSeconds(7));
  }

  @Test
  void tellsWhatTheServerSaysBesideTheKindOfItsRefusal() {
    server.on(
        AGENTS,
        400,
        "{\"statusCode\":400,\"code\":\"FST_ERR_VALIDATION\",\"error\":\"Bad Request\","
            + "\"message\":\"querystring/limit must be >= 1\"}");

    var refused = catchThrowableOfType(AshException.Refused.class, () -> rig.ash.agents().list());

    assertThat(refused.error()).isEqualTo("Bad Request");
    assertThat(refused)
        .hasMessage("GET /api/agents failed (400): Bad Request: querystring/limit must be >= 1");
  }

  @Test
  void doesNotWaitLongerThanItsBound() {
    server.busy(AGENTS, 429, "900");

    var refused = catchThrowableOfType(AshException.Refused.class, () -> rig.ash.agents().list());

    assertThat(refused.retryAfter()).hasValue(Duration.ofMinutes(15));
    assertThat(rig.waits).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 404, 410, 500})
  void asksNobodyTwiceWhoHasAnswered(int status) {
    server.on(AGENTS, status, "<html>no</html>");

    assertThatThrownBy(() -> rig.ash.agents().list())
        .hasMessage("GET /api/agents failed (" + status + "): <html>no</html>");
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void saysThatNothingAnswers() {
    server.close();

    assertThatThrownBy(() -> rig.ash.sessions().pause("s1"))
        .isInstanceOf(AshException.Unreachable.class)
        .hasMessage("nothing answers at " + server.url());
    assertThat(rig.waits).hasSize(3);
  }

  @Test
  void saysWhatAnAnswerLacks() {
    server.on("GET /api/sessions/s1", 200, "{\"session\":{\"id\":\"s1\"}}");

    assertThatThrownBy(() -> rig.ash.sessions().get("s1"))
        .isInstanceOf(AshException.BadAnswer.class)
        .hasMessage("answer: agentName is missing (expected: a text)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost:4100", "ftp://x", "http://u:p@h", "http://h/?q"})
  void refusesAnAddressThatIsNone(String url) {
    assertThatThrownBy(() -> AshClient.builder(url).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(expected: http://host:port");
  }

  @Test
  void neverShowsAKeyThatCannotBeOne() {
    assertThatThrownBy(() -> AshClient.builder("http://h").key("se cret").build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("cret");
  }
}
