package dev.ash.node.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ash.node.session.Sessions.Follow;
import dev.ash.node.session.Sessions.Frame;
import dev.ash.node.session.Sessions.Message;
import dev.ash.node.session.Sessions.WhenBusy;
import dev.ash.protocol.session.Cursor;
import dev.ash.protocol.session.Rejection;
import dev.ash.protocol.session.TurnOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Row S14, the stream, and the bytes of both. */
final class MessageRoutesTest {
  private static final String ID = FakeSessions.ID.value();
  private static final String MESSAGES = "/api/sessions/" + ID + "/messages";
  private static final String STREAM = "/api/sessions/" + ID + "/stream";
  private static final String DONE = "{\"sessionId\":\"" + ID + "\"}";
  private ApiServer api;

  @BeforeEach
  void start() throws Exception {
    api = new ApiServer();
  }

  @AfterEach
  void stop() {
    api.close();
  }

  private static Frame frame(long sequence, String event, String data) {
    return new Frame(new Cursor(sequence, 1), event, data);
  }

  @Test
  void streamsTheTurnFrameByFrame() throws Exception {
    var start = "{\"sessionId\":\"" + ID + "\",\"version\":\"0.2.0\"}";
    api.sessions.frames =
        Source.from(
            List.of(
                frame(42, "session_start", start),
                frame(43, "message", "{\"type\":\"assistant\",\"text\":\"é😀\"}"),
                frame(44, "done", DONE)));

    var reply =
        api.send(
            "POST",
            MESSAGES,
            Map.of("Content-Type", "application/json", "Origin", "http://a.example"),
            "{\"content\":\"hello\"}");

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.header("content-type")).isEqualTo("text/event-stream");
    assertThat(reply.header("cache-control")).isEqualTo("no-cache");
    assertThat(reply.header("connection")).isEqualTo("keep-alive");
    assertThat(reply.header("x-accel-buffering")).isEqualTo("no");
    assertThat(reply.header("transfer-encoding")).isEqualTo("chunked");
    assertThat(reply.header("access-control-allow-origin")).isEqualTo("http://a.example");
    assertThat(reply.header("x-ash-turn")).isEqualTo("7");
    assertThat(reply.header("access-control-expose-headers")).isEqualTo("X-Ash-Turn");
    assertThat(reply.headers()).doesNotContainKeys("x-ratelimit-limit", "content-length");
    assertThat(reply.chunks())
        .containsExactly(
            "id: 42.1\nevent: session_start\ndata: " + start + "\n\n",
            "id: 43.1\nevent: message\ndata: {\"type\":\"assistant\",\"text\":\"é😀\"}\n\n",
            "id: 44.1\nevent: done\ndata: " + DONE + "\n\n");
    assertThat(api.sessions.asked)
        .containsExactly(
            new FakeSessions.Sent(
                FakeSessions.ID,
                new Message("\"hello\"", TurnOptions.NONE, WhenBusy.QUEUE, Optional.empty())),
            new FakeSessions.Followed(new Follow(Cursor.after(41), OptionalLong.of(7), false)));
  }

  @Test
  void passesOnAllOptions() throws Exception {
    var headers = Map.of("Content-Type", "application/json", "Idempotency-Key", "k-1");
    var body =
        "{\"content\":[{\"type\":\"text\",\"text\":\"a\"}],\"includePartialMessages\":true,"
            + "\"model\":\"m\",\"maxTurns\":3,\"maxBudgetUsd\":0.5,\"effort\":\"max\","
            + "\"thinking\":{\"type\":\"enabled\",\"budgetTokens\":1024},"
            + "\"outputFormat\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}},"
            + "\"whenBusy\":\"interrupt\"}";

    assertThat(api.send("POST", MESSAGES, headers, body).status()).isEqualTo(200);
    assertThat(api.sessions.asked.getFirst())
        .isEqualTo(
            new FakeSessions.Sent(
                FakeSessions.ID,
                new Message(
                    "[{\"type\":\"text\",\"text\":\"a\"}]",
                    new TurnOptions(
                        true,
                        Optional.of("m"),
                        OptionalInt.of(3),
                        OptionalDouble.of(0.5),
                        Optional.of("max"),
                        Optional.of("{\"type\":\"enabled\",\"budgetTokens\":1024}"),
                        Optional.of("{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}")),
                    WhenBusy.INTERRUPT,
                    Optional.of("k-1"))));
  }

  @Test
  void takesTextAsTextAndBlocksAsBlocks() throws Exception {
    var block = "{\"type\":\"image\",\"source\":{\"data\":\"AA==\"}}";
    var twenty = "[" + (block + ",").repeat(19) + block + "]";
    var contents =
        Map.of(
            "\"\"",
            "\"\"",
            "42",
            "\"42\"",
            "true",
            "\"true\"",
            "null",
            "\"\"",
            "[]",
            "[]",
            twenty,
            twenty,
            "\"\\ud800x\"",
            "\"\uFFFDx\"");
    for (var content : contents.entrySet()) {
      api.sessions.asked.clear();
      assertThat(api.post(MESSAGES, "{\"content\":" + content.getKey() + "}").status())
          .as(content.getKey())
          .isEqualTo(200);
      assertThat(((FakeSessions.Sent) api.sessions.asked.getFirst()).message().contentJson())
          .isEqualTo(content.getValue());
    }
  }

  @Test
  void refusesWhatIsNoMessage() throws Exception {
    var block = "{\"type\":\"text\"}";
    for (var bad :
        List.of(
            "{}",
            "{\"content\":{}}",
            "{\"content\":[\"text\"]}",
            "{\"content\":[{\"type\":\"audio\"}]}",
            "{\"content\":[{}]}",
            "{\"content\":[" + (block + ",").repeat(20) + block + "]}",
            "{\"content\":\"" + "x".repeat(500_001) + "\"}",
            "{\"content\":\"a\",\"maxTurns\":0}",
            "{\"content\":\"a\",\"maxBudgetUsd\":-1}",
            "{\"content\":\"a\",\"effort\":\"huge\"}",
            "{\"content\":\"a\",\"thinking\":{}}",
            "{\"content\":\"a\",\"outputFormat\":{\"type\":\"x\"}}",
            "{\"content\":\"a\",\"whenBusy\":\"maybe\"}",
            "{\"content\":\"a\",\"includePartialMessages\":\"x\"}")) {
      var reply = api.post(MESSAGES, bad);
      assertThat(reply.status()).isEqualTo(400);
      assertThat(reply.body()).isEqualTo("{\"error\":\"Bad Request\",\"statusCode\":400}");
    }
    assertThat(api.post(MESSAGES, "{\"content\":\"" + "x".repeat(500_000) + "\"}").status())
        .isEqualTo(200);
  }

  @Test
  void saysWhyBeforeTheFirstByte() throws Exception {
    api.sessions.refusal =
        Optional.of(new Rejection(Rejection.Code.WRONG_STATE, "Session is paused"));
    var reply = api.post(MESSAGES, "{\"content\":\"x\"}");

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.body()).isEqualTo("{\"error\":\"Session is paused\",\"statusCode\":400}");
    assertThat(reply.header("content-length")).isEqualTo("46");
    assertThat(reply.headers()).containsKey("x-ratelimit-limit");
  }

  @Test
  void endsABrokenReplyWithErrorAndDone() throws Exception {
    api.sessions.frames =
        Source.range(42, 43)
            .map(
                sequence -> {
                  if (sequence == 43) {
                    throw new IllegalStateException("/secret");
                  }
                  return frame(sequence, "message", "{}");
                });

    assertThat(api.post(MESSAGES, "{\"content\":\"x\"}").chunks())
        .containsExactly(
            "id: 42.1\nevent: message\ndata: {}\n\n",
            "event: error\ndata: {\"error\":\"Stream interrupted\"}\n\n",
            "event: done\ndata: " + DONE + "\n\n");
  }

  @Test
  void readsCursorsWhereverTheyStand() throws Exception {
    var header = Map.of("Last-Event-ID", "12.3");
    assertThat(api.send("GET", STREAM + "?after=5", header, "").status()).isEqualTo(200);
    assertThat(api.get(STREAM + "?after=5&includePartialMessages=false").status()).isEqualTo(200);
    assertThat(api.get(STREAM + "?after=junk").status()).isEqualTo(200);
    assertThat(api.get(STREAM).status()).isEqualTo(200);
    assertThat(api.get(STREAM + "?turn=7").status()).isEqualTo(200);
    assertThat(api.get(STREAM + "?turn=x").body())
        .contains("turn: x (expected: a whole number, 1 or more)");
    assertThat(api.sessions.asked)
        .containsExactly(
            new FakeSessions.Followed(new Follow(new Cursor(12, 3), OptionalLong.empty(), true)),
            new FakeSessions.Followed(new Follow(Cursor.after(5), OptionalLong.empty(), false)),
            new FakeSessions.Followed(new Follow(Cursor.START, OptionalLong.empty(), true)),
            new FakeSessions.Followed(new Follow(Cursor.START, OptionalLong.empty(), true)),
            new FakeSessions.Followed(new Follow(Cursor.START, OptionalLong.of(7), true)));
  }

  @Test
  void keepsASilentStreamAliveBetweenFrames() throws Exception {
    api.sessions.frames = Source.single(frame(1, "message", "{}")).concat(Source.<Frame>maybe());
    try (var http = new RawHttp(api.port())) {
      http.write(RawHttp.head("GET", STREAM, Map.of("Authorization", "Bearer " + FakeKeys.KEY), 0));
      assertThat(http.readHead().status()).isEqualTo(200);
      assertThat(http.readChunk()).isEqualTo("id: 1.1\nevent: message\ndata: {}\n\n");
      assertThat(http.readChunk()).isEqualTo(": keep-alive\n\n");
      assertThat(http.readChunk()).isEqualTo(": keep-alive\n\n");
    }
  }

  @Test
  void letsNoFrameBreakOutOfItsLines() throws Exception {
    api.sessions.frames =
        Source.from(
            List.of(
                frame(1, "x\ndata: {}\n\nevent: done", "{\"a\":\"b\u2028c\u2029d\u0085e\u000bf\"}"),
                frame(2, "m".repeat(500), "{\"a\":\n\"\\\\\u001c\"\r}")));

    assertThat(api.get(STREAM).chunks())
        .containsExactly(
            """
            id: 1.1
            event: x_data:_____event:_done
            data: {"a":"b\\u2028c\\u2029d\\u0085e\\u000bf"}

            """,
            """
            id: 2.1
            event: %s
            data: {"a": "\\\\\\u001c" }

            """
                .formatted("m".repeat(128)));
  }

  @Test
  void asksForNoMoreThanASlowReaderTakes() throws Exception {
    var made = new AtomicLong();
    var data = "{\"x\":\"" + "y".repeat(10_000) + "\"}";
    var gone = new CountDownLatch(1);
    api.sessions.frames =
        Source.repeat(NotUsed.getInstance())
            .map(_ -> frame(made.incrementAndGet(), "message", data))
            .watchTermination(
                (unused, done) -> {
                  var _ = done.whenComplete((_, _) -> gone.countDown());
                  return unused;
                });
    try (var http = new RawHttp(api.port())) {
      http.write(RawHttp.head("GET", STREAM, Map.of("Authorization", "Bearer " + FakeKeys.KEY), 0));
      assertThat(http.readHead().status()).isEqualTo(200);
      var last = new AtomicLong(-1);
      await()
          .pollInterval(Duration.ofMillis(300))
          .until(() -> last.getAndSet(made.get()) == made.get());
      // What lies in socket buffers and in the server's own, and no more.
      assertThat(made.get() * data.length()).isLessThan(32L * 1024 * 1024);
      for (var i = 1; i < 3000; i++) {
        assertThat(http.readChunk()).startsWith("id: " + i + ".1\n");
      }
      assertThat(gone.getCount()).isEqualTo(1);
    }
    assertThat(gone.await(10, TimeUnit.SECONDS)).isTrue();
  }
}
