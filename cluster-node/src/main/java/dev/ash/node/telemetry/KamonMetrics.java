package dev.ash.node.telemetry;

import dev.ash.persistence.table.ModelCall.Usage;
import dev.ash.protocol.session.SessionEvent.Outcome;
import java.time.Duration;
import java.util.Locale;
import kamon.Kamon;
import kamon.metric.Counter;
import kamon.metric.MeasurementUnit;
import kamon.metric.Metric;
import kamon.metric.Timer;
import kamon.tag.TagSet;

/** Counts and times with Kamon. Touching this class starts Kamon. */
final class KamonMetrics implements Metrics {
  private static final long NANOS_PER_MICRO = 1_000;
  private static final MeasurementUnit BYTES = MeasurementUnit.information().bytes();

  private final Counter turnsStarted =
      Kamon.counter(Names.TURNS_STARTED, "Turns that began to run.").withoutTags();
  private final Metric.Counter turnsEnded =
      Kamon.counter(Names.TURNS_ENDED, "Turns that ended, by outcome.");
  private final Metric.Timer turnTime =
      Kamon.timer(Names.TURN_TIME, "From a turn's start to its end, by outcome.");
  private final Timer firstLine =
      Kamon.timer(Names.FIRST_LINE_TIME, "From a turn's start to the agent's first line.")
          .withoutTags();
  private final Counter turnsContinued =
      Kamon.counter(Names.TURNS_CONTINUED, "Turns taken up again because their process was lost.")
          .withoutTags();
  private final Metric.Counter sessionsCreated =
      Kamon.counter(Names.SESSIONS_CREATED, "Sessions made, by kind: new or fork.");
  private final Counter sessionsEnded =
      Kamon.counter(Names.SESSIONS_ENDED, "Sessions that were ended.").withoutTags();
  private final Metric.Counter sandboxStarts =
      Kamon.counter(Names.SANDBOX_STARTS, "Sandbox starts, by outcome.");
  private final Metric.Timer sandboxTime =
      Kamon.timer(
          Names.SANDBOX_START_TIME,
          "Time to make a sandbox with its files, bridge and scripts, by outcome.");
  private final Metric.Counter execs =
      Kamon.counter(Names.EXECS, "Commands run in sandboxes for clients, by outcome.");
  private final Metric.Timer execTime =
      Kamon.timer(Names.EXEC_TIME, "Time of commands run in sandboxes for clients.");
  private final Timer journal =
      Kamon.timer(Names.JOURNAL_TIME, "From a command's arrival until its events were stored.")
          .withoutTags();
  private final Timer directory =
      Kamon.timer(Names.DIRECTORY_TIME, "Time to write a session's row.").withoutTags();
  private final Counter directoryFailures =
      Kamon.counter(Names.DIRECTORY_FAILURES, "Rows of sessions that could not be written.")
          .withoutTags();
  private final Metric.Gauge streams =
      Kamon.gauge(Names.STREAMS_OPEN, "Event streams open now, by kind.");

  // Looked up once: there are thousands of frames a second.
  private final Counter replyFrames = frames(StreamKind.REPLY);
  private final Counter streamFrames = frames(StreamKind.STREAM);

  private final Metric.Counter requests =
      Kamon.counter(Names.REQUESTS, "Requests answered, by method, route and status.");
  private final Metric.Timer requestTime =
      Kamon.timer(
          Names.REQUEST_TIME, "Time until a request was answered; of a stream, its beginning.");
  private final Metric.Counter rateLimited =
      Kamon.counter(Names.RATE_LIMITED, "Requests over an allowance, by allowance.");
  private final Counter unauthorized =
      Kamon.counter(Names.UNAUTHORIZED, "Requests without a valid key.").withoutTags();
  private final Metric.Counter serverErrors =
      Kamon.counter(Names.SERVER_ERRORS, "Requests that failed by the node's fault, by route.");

  private final Metric.Counter modelEnded =
      Kamon.counter(Names.MODEL_ENDED, "Model calls settled, by price and how they ended.");
  private final Metric.Counter modelTokens =
      Kamon.counter(Names.MODEL_TOKENS, "Tokens of settled model calls, by price and kind.");
  private final Metric.Counter modelCost =
      Kamon.counter(Names.MODEL_COST, "Millionths of a US dollar, by price.");
  private final Metric.Counter budgetsReached =
      Kamon.counter(Names.BUDGETS_REACHED, "Model calls not made because of a budget.");

  private final Metric.Counter egress =
      Kamon.counter(Names.EGRESS, "Connections of sandboxes to the outside, by outcome.");
  private final Counter egressSent =
      Kamon.counter(Names.EGRESS_SENT, "Bytes from sandboxes to the outside.", BYTES).withoutTags();
  private final Counter egressReceived =
      Kamon.counter(Names.EGRESS_RECEIVED, "Bytes from the outside to sandboxes.", BYTES)
          .withoutTags();

  @Override
  public void turnStarted() {
    turnsStarted.increment();
  }

  @Override
  public void agentSpoke(Duration afterStart) {
    firstLine.record(afterStart);
  }

  @Override
  public void turnContinued() {
    turnsContinued.increment();
  }

  @Override
  public void turnEnded(Outcome outcome) {
    turnsEnded.withTags(outcome(outcome.name().toLowerCase(Locale.ROOT))).increment();
  }

  @Override
  public void turnTook(Outcome outcome, Duration took) {
    turnTime.withTags(outcome(outcome.name().toLowerCase(Locale.ROOT))).record(took);
  }

  @Override
  public void sessionCreated(boolean forked) {
    sessionsCreated.withTag("kind", forked ? "fork" : "new").increment();
  }

  @Override
  public void sessionEnded() {
    sessionsEnded.increment();
  }

  @Override
  public void sandboxStarted(Duration took) {
    sandbox(outcome("started"), took);
  }

  @Override
  public void sandboxFailed(Duration took) {
    sandbox(outcome("failed"), took);
  }

  private void sandbox(TagSet outcome, Duration took) {
    sandboxStarts.withTags(outcome).increment();
    sandboxTime.withTags(outcome).record(took);
  }

  @Override
  public void executed(boolean answered, Duration took) {
    var tag = outcome(answered ? "answered" : "failed");
    execs.withTags(tag).increment();
    execTime.withTags(tag).record(took);
  }

  @Override
  public void stored(Duration took) {
    journal.record(took);
  }

  @Override
  public void rowWritten(boolean written, Duration took) {
    directory.record(took);
    if (!written) {
      directoryFailures.increment();
    }
  }

  @Override
  public void streamOpened(StreamKind kind) {
    streams.withTags(kind(kind)).increment();
  }

  @Override
  public void streamClosed(StreamKind kind) {
    streams.withTags(kind(kind)).decrement();
  }

  @Override
  public void frameSent(StreamKind kind) {
    switch (kind) {
      case REPLY -> replyFrames.increment();
      case STREAM -> streamFrames.increment();
    }
  }

  @Override
  public void answered(String method, String route, int status, Duration took) {
    var where = TagSet.of("method", method).withTag("route", route);
    requests.withTags(where.withTag("status", Integer.toString(status))).increment();
    requestTime.withTags(where).record(took);
    if (status == 401) {
      unauthorized.increment();
    } else if (status >= 500) {
      serverErrors.withTags(where).increment();
    }
  }

  @Override
  public void modelCallEnded(String model, String state, Usage usage, long nanos) {
    var of = TagSet.of("model", model);
    modelEnded.withTags(of.withTag("state", state)).increment();
    modelCost.withTags(of).increment(nanos / NANOS_PER_MICRO);
    modelTokens(of, "input", usage.input());
    modelTokens(of, "output", usage.output());
    modelTokens(of, "cache_write", usage.cacheWrite());
    modelTokens(of, "cache_read", usage.cacheRead());
  }

  private void modelTokens(TagSet of, String kind, long tokens) {
    if (tokens > 0) {
      modelTokens.withTags(of.withTag("kind", kind)).increment(tokens);
    }
  }

  /** A trace of its own: what is known of an agent's turn outside does not reach its calls. */
  @Override
  public void modelAttempted(ModelAttempt attempt) {
    var usage = attempt.usage();
    var builder =
        Kamon.clientSpanBuilder(Names.MODEL_SPAN, "ash.model")
            .ignoreParentFromContext()
            .doNotTrackMetrics()
            .tag("session", attempt.session().value())
            .tag("model", attempt.model())
            .tag("provider", attempt.provider())
            .tag("server", attempt.server())
            .tag("attempt", attempt.number())
            .tag("outcome", attempt.outcome().name().toLowerCase(Locale.ROOT))
            .tag("tokens.input", usage.input())
            .tag("tokens.output", usage.output())
            .tag("tokens.cache_write", usage.cacheWrite())
            .tag("tokens.cache_read", usage.cacheRead());
    attempt.status().ifPresent(status -> builder.tag("http.status_code", status));
    var span = builder.start(attempt.began());
    if (attempt.outcome() == ModelAttempt.Outcome.FAILED || attempt.status().orElse(0) >= 400) {
      span.fail("the call failed");
    }
    span.finish(attempt.ended());
  }

  @Override
  public void modelBudgetReached(String scope, String window) {
    budgetsReached.withTags(TagSet.of("scope", scope).withTag("window", window)).increment();
  }

  @Override
  public void egressEnded(String outcome, long sent, long received) {
    egress.withTags(outcome(outcome)).increment();
    egressSent.increment(sent);
    egressReceived.increment(received);
  }

  @Override
  public void rateLimited(String allowance) {
    rateLimited.withTag("allowance", allowance).increment();
  }

  private static Counter frames(StreamKind kind) {
    return Kamon.counter(Names.FRAMES, "Frames sent to event streams, by kind.")
        .withTags(kind(kind));
  }

  private static TagSet outcome(String outcome) {
    return TagSet.of("outcome", outcome);
  }

  private static TagSet kind(StreamKind kind) {
    return TagSet.of("kind", kind.name().toLowerCase(Locale.ROOT));
  }
}
