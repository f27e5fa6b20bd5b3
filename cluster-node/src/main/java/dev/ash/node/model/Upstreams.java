package dev.ash.node.model;

import dev.ash.config.ModelConfig;
import dev.ash.config.UpstreamConfig;
import dev.ash.node.credentials.SessionCredentials;
import dev.ash.node.model.Headers.Line;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.regex.Pattern;

/** The model servers a call may go to, in the order in which they are asked. */
final class Upstreams implements AutoCloseable {
  private static final Duration LONGEST_COOLDOWN = Duration.ofMinutes(5);

  private final List<Upstream> all;
  private final SecretStores stores;
  private final List<Pattern> allowed;
  private final Duration cooldown;
  private final Map<String, Long> coolUntil = new ConcurrentHashMap<>();

  Upstreams(ModelConfig config, Executor threads) throws IOException {
    this.stores = new SecretStores(config.vault(), config.aws(), threads);
    var made = new ArrayList<Upstream>();
    for (var upstream : config.upstreams()) {
      made.add(new Upstream(upstream, stores, threads));
    }
    this.all = List.copyOf(made);
    this.allowed = config.allow().stream().map(Patterns::of).toList();
    this.cooldown = config.cooldown();
  }

  GivenCredentials given(UpstreamConfig main, SessionCredentials sessions) {
    return new GivenCredentials(main, stores, all.getLast().client(), sessions);
  }

  /** Whether the operator lets this model be called at all. */
  boolean allow(String model) {
    return allowed.isEmpty() || allowed.stream().anyMatch(p -> p.matcher(model).matches());
  }

  /** Those that take the call; those that failed lately come last. Never empty. */
  List<Upstream> route(String model, List<Line> sent) {
    var now = System.nanoTime();
    var fit = all.stream().filter(u -> u.takes(model, sent)).toList();
    var order = new ArrayList<>(fit.stream().filter(u -> !cools(u, now)).toList());
    fit.stream().filter(u -> cools(u, now)).forEach(order::add);
    // The last one of all takes what no other one takes, so there is always one.
    return order;
  }

  private boolean cools(Upstream upstream, long now) {
    var until = coolUntil.get(upstream.name());
    return until != null && until - now > 0;
  }

  /**
   * It failed so that another one should be asked.
   *
   * @param seconds for how long, as it said itself; 0 if it did not
   */
  void failed(Upstream upstream, long seconds) {
    var wait = seconds > 0 ? Duration.ofSeconds(seconds) : cooldown;
    coolUntil.put(
        upstream.name(),
        System.nanoTime()
            + (wait.compareTo(LONGEST_COOLDOWN) > 0 ? LONGEST_COOLDOWN : wait).toNanos());
  }

  void succeeded(Upstream upstream) {
    coolUntil.remove(upstream.name());
  }

  @Override
  public void close() {
    all.forEach(Upstream::close);
    stores.close();
  }
}
