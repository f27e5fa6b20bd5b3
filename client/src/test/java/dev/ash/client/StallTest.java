package dev.ash.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.client.http.RetryPolicy;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Answers that begin and then stand still. */
@Timeout(30)
final class StallTest {
  private static final String AGENTS = "GET /api/agents";
  private static final String PAUSE = "POST /api/sessions/s1/pause";

  private final Rig rig = new Rig(RetryPolicy.STANDARD, Duration.ofMillis(300));
  private final StubServer server = rig.server;

  @AfterEach
  void tearDown() {
    rig.close();
  }

  @Test
  void aStallInTheMiddleEndsInATimeOutAndIsAskedAgainWhereThatIsSafe() {
    server.silentStream(AGENTS, "{\"agents\":[");
    server.silentStream(PAUSE, "{\"session\":");

    assertThatThrownBy(() -> rig.ash.agents().list())
        .isInstanceOf(AshException.TimedOut.class)
        .hasMessage(server.url() + " did not answer in time");
    assertThat(server.requests()).hasSize(4);
    assertThatThrownBy(() -> rig.ash.sessions().pause("s1"))
        .isInstanceOf(AshException.TimedOut.class);
    assertThat(server.requests()).as("it may have happened").hasSize(5);
  }

  @Test
  void aDownloadThatStallsGivesWhatCameAndThenATimeOut() throws IOException {
    server.silentStream("GET /api/agents/a/files/f?format=raw", "some", " bytes");

    try (var download = rig.ash.agents().file("a", "f")) {
      assertThat(
              new String(download.body().readNBytes(10), java.nio.charset.StandardCharsets.UTF_8))
          .isEqualTo("some bytes");
      assertThatThrownBy(() -> download.body().read()).isInstanceOf(HttpTimeoutException.class);
      assertThatThrownBy(() -> download.body().read()).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aThreadThatIsInterruptedInTheMiddleSaysSo() throws Exception {
    try (var patient = new Rig(RetryPolicy.NONE, Duration.ofMinutes(5));
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var begun = new CountDownLatch(1);
      patient.server.silentStream("GET /api/agents/a/files/f?format=raw", "x");
      var read =
          threads.submit(
              () -> {
                try (var download = patient.ash.agents().file("a", "f")) {
                  var first = download.body().read();
                  begun.countDown();
                  assertThatThrownBy(() -> download.body().read())
                      .isInstanceOf(InterruptedIOException.class);
                  return first;
                }
              });
      begun.await();
      // The second read may not have begun yet; the interrupt waits for it.
      threads.shutdownNow();

      assertThat(read.get(20, TimeUnit.SECONDS)).isEqualTo('x');
    }
  }

  @Test
  void aBodyInPiecesIsReadAsOne() {
    try (var calm = new Rig()) {
      calm.server.stream(AGENTS, "{\"agents\"", ":", "[]", "}");

      assertThat(calm.ash.agents().list()).isEmpty();
      assertThat(calm.waits).isEmpty();
    }
  }
}
