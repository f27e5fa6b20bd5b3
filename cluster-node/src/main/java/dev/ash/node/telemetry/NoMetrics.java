package dev.ash.node.telemetry;

import dev.ash.persistence.table.ModelCall.Usage;
import dev.ash.protocol.session.SessionEvent.Outcome;
import java.time.Duration;

/** Forgets what it is told; for tests of features. */
public final class NoMetrics implements Metrics {
  @Override
  public void turnStarted() {}

  @Override
  public void agentSpoke(Duration afterStart) {}

  @Override
  public void turnContinued() {}

  @Override
  public void turnEnded(Outcome outcome) {}

  @Override
  public void turnTook(Outcome outcome, Duration took) {}

  @Override
  public void sessionCreated(boolean forked) {}

  @Override
  public void sessionEnded() {}

  @Override
  public void sandboxStarted(Duration took) {}

  @Override
  public void sandboxFailed(Duration took) {}

  @Override
  public void executed(boolean answered, Duration took) {}

  @Override
  public void stored(Duration took) {}

  @Override
  public void rowWritten(boolean written, Duration took) {}

  @Override
  public void streamOpened(StreamKind kind) {}

  @Override
  public void streamClosed(StreamKind kind) {}

  @Override
  public void frameSent(StreamKind kind) {}

  @Override
  public void answered(String method, String route, int status, Duration took) {}

  @Override
  public void modelCallEnded(String model, String state, Usage usage, long nanos) {}

  @Override
  public void modelAttempted(ModelAttempt attempt) {}

  @Override
  public void modelBudgetReached(String scope, String window) {}

  @Override
  public void egressEnded(String outcome, long sent, long received) {}

  @Override
  public void rateLimited(String allowance) {}
}
