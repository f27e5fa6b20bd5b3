package dev.ash.node.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.ash.config.NodeConfig;
import dev.ash.node.sandbox.Places;
import dev.ash.node.telemetry.Telemetry;
import dev.ash.protocol.id.SessionId;
import dev.ash.scriptedmodel.ScriptedModel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import kamon.Kamon;
import kamon.module.SpanReporter;
import kamon.tag.Lookups;
import kamon.trace.Span;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/** The spans of a call that three servers are asked for, as a reporter of Kamon gets them. */
@Timeout(90)
final class ModelSpansTest {
  private static final SessionId SESSION = SessionId.of(new UUID(1, 77));
  private static final String KEY = "key-canary-90b1";
  private static final String TEXT = "content-canary-77c2";

  @TempDir private Path folder;

  /** Keeps what it is told. */
  private static final class Kept implements SpanReporter {
    private final List<Span.Finished> spans = new CopyOnWriteArrayList<>();

    @Override
    public void reportSpans(Seq<Span.Finished> finished) {
      spans.addAll(CollectionConverters.asJava(finished));
    }

    @Override
    public void stop() {}

    @Override
    public void reconfigure(Config config) {}

    List<Span.Finished> ofSession() {
      return spans.stream()
          .filter(span -> tag(span, "session").equals(SESSION.value()))
          .sorted(java.util.Comparator.comparing(span -> tag(span, "attempt")))
          .toList();
    }
  }

  private static String tag(Span.Finished span, String name) {
    return span.tags().get(Lookups.coerce(name));
  }

  @Test
  void eachSendingIsASpanWithoutContentAndSecret() throws Exception {
    var actors = ActorTestKit.create(NodeConfig.load(Map.of("pekko.actor.provider", "local")));
    var kept = new Kept();
    try (var telemetry = new Telemetry();
        var ledger = TestLedger.open(folder);
        var model = ScriptedModel.start(0);
        var proxy =
            new SocketModelProxy(
                actors.system(),
                NodeConfig.from(NodeConfig.load(settings(model))).model(),
                ledger.needs(telemetry))) {
      telemetry.start(proxy::stats, new Places(3, InstantSource.system()));
      await().atMost(Duration.ofSeconds(30)).until(() -> !telemetry.scrape().isEmpty());
      Kamon.reconfigure(
          ConfigFactory.parseString("kamon.trace { sampler = always, tick-interval = 50ms }")
              .withFallback(ConfigFactory.load()));
      var registration = Kamon.addReporter("spans-of-test", "kept", kept);
      var socket = folder.resolve("model.sock");
      proxy.listen(TestLedger.account(SESSION, _ -> {}), socket);

      assertThat(RawClient.call(socket, RawClient.post("/v1/messages", ask())).status())
          .isEqualTo(200);

      await().atMost(Duration.ofSeconds(30)).until(() -> kept.ofSession().size() == 3);
      registration.cancel();
      var away = kept.ofSession().get(0);
      var busy = kept.ofSession().get(1);
      var good = kept.ofSession().get(2);
      assertThat(List.of(tag(away, "server"), tag(away, "outcome"), tag(away, "attempt")))
          .containsExactly("away", "failed", "1");
      assertThat(away.hasError()).isTrue();
      assertThat(List.of(tag(busy, "server"), tag(busy, "outcome"), tag(busy, "http.status_code")))
          .containsExactly("busy", "repeated", "529");
      assertThat(
              List.of(
                  good.operationName(),
                  tag(good, "server"),
                  tag(good, "provider"),
                  tag(good, "model"),
                  tag(good, "attempt"),
                  tag(good, "outcome"),
                  tag(good, "http.status_code"),
                  tag(good, "tokens.input"),
                  tag(good, "tokens.output"),
                  tag(good, "tokens.cache_write"),
                  tag(good, "tokens.cache_read")))
          .containsExactly(
              "model-call",
              "main",
              "anthropic",
              "claude-haiku-4-5",
              "3",
              "answered",
              "200",
              "100",
              "7",
              "20",
              "1000");
      assertThat(good.hasError()).isFalse();
      assertThat(good.from()).isBefore(good.to());
      assertThat(kept.spans.toString()).doesNotContain(KEY, TEXT);
    } finally {
      Kamon.reconfigure(ConfigFactory.load());
      actors.shutdownTestKit();
    }
  }

  private static Map<String, Object> settings(ScriptedModel model) {
    return Map.of(
        "ash.model.base-url",
        model.url(),
        "ash.model.api-key",
        KEY,
        "ash.model.upstreams",
        List.of(
            Map.of("name", "away", "base-url", "http://127.0.0.1:1"),
            Map.of("name", "busy", "base-url", model.url())));
  }

  private static String ask() {
    return "{\"model\":\"claude-haiku-4-5\",\"max_tokens\":10,\"stream\":true,\"messages\":[{\"role\":"
        + "\"user\",\"content\":\"SCN:[{\\\"error\\\":{\\\"status\\\":529,\\\"times\\\":1},"
        + "\\\"text\\\":\\\""
        + TEXT
        + "\\\",\\\"usage\\\":{\\\"input_tokens\\\":100,\\\"output_tokens\\\":7,"
        + "\\\"cache_creation_input_tokens\\\":20,\\\"cache_read_input_tokens\\\":1000}}]\"}]}";
  }
}
