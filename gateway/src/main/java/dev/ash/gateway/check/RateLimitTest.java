package dev.ash.gateway.check;

import dev.ash.gateway.check.GatewayClient.Reply;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Four tests of a limit of requests a minute. They cost up to three times the limit in requests of
 * one token each.
 */
public final class RateLimitTest {
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(90);

  /** What was found; the verdict of a warning is SKIP. */
  public record Outcome(List<Finding> findings, int made, int succeeded, int limited) {}

  private final GatewayClient client;
  private final int rpm;
  private final Pause pause;
  private final InstantSource clock;
  private final Consumer<String> progress;
  private int made;
  private int succeeded;
  private int limited;

  public RateLimitTest(
      GatewayClient client, int rpm, Pause pause, InstantSource clock, Consumer<String> progress) {
    this.client = client;
    this.rpm = rpm;
    this.pause = pause;
    this.clock = clock;
    this.progress = progress;
  }

  public Outcome run() throws InterruptedException {
    var findings = new ArrayList<Finding>();
    progress.accept("[Test 1/4] Rate limit headers");
    var first = new Evidence("Rate limit headers", client);
    var reply = ask(first);
    if (reply instanceof Reply.Broken broken) {
      findings.add(first.broken(broken));
      return new Outcome(findings, made, succeeded, limited);
    }
    findings.add(headers(first, (Reply.Answered) reply));
    progress.accept("[Test 2/4] Enforcement at " + rpm + " requests a minute");
    var second = new Evidence("Enforcement", client);
    // More than the limit in less than a minute; a bucket that refills meanwhile lets them all by.
    var number = rpm + Math.max(2, rpm / 5);
    var refused = untilLimited(second, number, Duration.ofMillis(48_000L / number));
    findings.add(
        refused.isPresent()
            ? second.pass("Rate limiting enforced", "")
            : second.fail(
                "No rate limiting observed", number + " requests in 48 s, and none was refused"));
    if (refused.isEmpty()) {
      findings.add(second.skip("Reset: never limited", ""));
      findings.add(second.skip("Retry-After: never limited", ""));
      return new Outcome(findings, made, succeeded, limited);
    }
    progress.accept("[Test 3/4] Reset");
    findings.add(reset(refused.get()));
    progress.accept("[Test 4/4] Retry-After");
    findings.add(retryAfter(refused.get()));
    return new Outcome(findings, made, succeeded, limited);
  }

  private static Finding headers(Evidence evidence, Reply.Answered a) {
    var found =
        a.headers().map().keySet().stream()
            .map(n -> n.toLowerCase(Locale.ROOT))
            .filter(n -> n.matches("(x-)?rate-?limit.*") || n.equals("retry-after"))
            .sorted()
            .toList();
    return found.isEmpty()
        ? evidence.skip("No rate limit headers", "Clients cannot see their limit coming")
        : evidence.pass("Rate limit headers present", String.join(", ", found));
  }

  private Optional<Reply.Answered> untilLimited(Evidence evidence, int most, Duration gap)
      throws InterruptedException {
    for (var i = 1; i <= most; i++) {
      if (ask(evidence) instanceof Reply.Answered a && a.status() == 429) {
        progress.accept("First rate limit at request #" + i);
        return Optional.of(a);
      }
      pause.of(gap);
    }
    return Optional.empty();
  }

  private Finding reset(Reply.Answered refused) throws InterruptedException {
    var evidence = new Evidence("Reset", client);
    var wait = wait(refused);
    evidence.note("waiting " + wait.toSeconds() + " s");
    pause.of(wait.plusMillis(200));
    return switch (ask(evidence)) {
      case Reply.Broken broken -> evidence.broken(broken);
      case Reply.Answered a when a.status() == 200 || a.status() == 201 ->
          evidence.pass("Limit resets after " + wait.toSeconds() + " s", "");
      case Reply.Answered a when a.status() == 429 ->
          evidence.skip("Still limited after " + wait.toSeconds() + " s", "");
      case Reply.Answered a -> evidence.fail("Unexpected status " + a.status(), "");
    };
  }

  private Finding retryAfter(Reply.Answered refused) {
    var evidence = new Evidence("Retry-After", client);
    var value = refused.header("retry-after");
    if (value.isEmpty()) {
      return evidence.skip("429 without Retry-After", "Clients have to guess");
    }
    return value.matches("[1-9][0-9]{0,4}")
        ? evidence.pass("429 has Retry-After", value + " s")
        : evidence.skip("Retry-After is no whole number of seconds", value);
  }

  private Duration wait(Reply.Answered refused) {
    var now = clock.instant();
    var value = refused.header("retry-after");
    var at = Optional.<Instant>empty();
    if (value.matches("[0-9]{1,5}")) {
      at = Optional.of(now.plusSeconds(Long.parseLong(value)));
    } else if (!value.isEmpty()) {
      at = date(value);
    }
    if (at.isEmpty() && refused.header("x-ratelimit-reset").matches("[0-9]{10}")) {
      at = Optional.of(Instant.ofEpochSecond(Long.parseLong(refused.header("x-ratelimit-reset"))));
    }
    var wait = at.map(t -> Duration.between(now, t)).orElse(Duration.ofSeconds(60));
    return wait.isNegative()
        ? Duration.ZERO
        : wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait;
  }

  private static Optional<Instant> date(String text) {
    try {
      return Optional.of(
          ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
    } catch (DateTimeParseException _) {
      return Optional.empty();
    }
  }

  private Reply ask(Evidence evidence) throws InterruptedException {
    made++;
    var reply =
        client.once(
            client.messages(Bodies.message(client.target().model(), 1, "test").toString()),
            client.target().timeout());
    if (reply instanceof Reply.Answered a) {
      if (a.status() == 429) {
        limited++;
        evidence.note("429 retry-after: " + a.header("retry-after"));
      } else if (a.status() == 200) {
        succeeded++;
      }
    }
    return reply;
  }
}
