package dev.ash.gateway.check;

import dev.ash.gateway.check.GatewayClient.Ask;
import dev.ash.gateway.check.GatewayClient.Reply;
import dev.ash.gateway.check.TokenLook.Level;
import dev.ash.gateway.check.TokenLook.Remark;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** What is told of a search for a fault, step by step; knows whether a problem was among it. */
final class Steps {
  private static final Duration WAIT = Duration.ofSeconds(10);
  private static final int SHOWN = 200;

  private final GatewayClient client;
  private final boolean verbose;
  private final Consumer<String> out;
  private boolean trouble;

  Steps(GatewayClient client, boolean verbose, Consumer<String> out) {
    this.client = client;
    this.verbose = verbose;
    this.out = out;
  }

  boolean trouble() {
    return trouble;
  }

  void begin(String title) {
    out.accept("");
    out.accept("=== " + title + " ===");
  }

  /** Tells as it is: such a remark never holds the token, but a short token may be a word of it. */
  void tell(Remark remark) {
    print(remark.level(), remark.text());
  }

  void tell(Level level, String text) {
    print(level, client.redaction().of(text));
  }

  private void print(Level level, String text) {
    trouble = trouble || level == Level.PROBLEM;
    var mark =
        switch (level) {
          case GOOD -> "[✓]";
          case PROBLEM -> "[✗]";
          case WARNING -> "[⚠]";
          case INFO -> "[INFO]";
        };
    out.accept(mark + " " + text);
  }

  /** Asks the gateway without a credential. */
  Reply get(String method, String path) throws InterruptedException {
    return ask(new Ask(method, path, java.util.Optional.empty(), Map.of(), ""), WAIT);
  }

  /** Asks the gateway. */
  Reply ask(Ask ask, Duration wait) throws InterruptedException {
    debug(
        ask.method()
            + " "
            + client.target().url()
            + ask.path()
            + headers(ask)
            + (ask.body().isEmpty() ? "" : " " + ask.body()));
    return heard(client.once(ask, wait));
  }

  /** Asks another host, which gets no credential. */
  Reply fetch(URI url) throws InterruptedException {
    debug("GET " + url);
    return heard(client.fetch(url, WAIT));
  }

  private Reply heard(Reply reply) {
    switch (reply) {
      case Reply.Broken broken -> debug("-> " + broken.kind() + ": " + broken.why());
      case Reply.Answered a -> {
        debug("-> status " + a.status() + " after " + a.took().toMillis() + " ms");
        a.headers().map().forEach((name, values) -> debug("   " + name + ": " + joined(values)));
        if (!a.body().isEmpty()) {
          debug("   " + head(a.body()));
        }
      }
    }
    return reply;
  }

  private void debug(String text) {
    if (verbose) {
      out.accept("[DEBUG] " + client.redaction().of(text));
    }
  }

  private String headers(Ask ask) {
    var header = client.target().header();
    var sent = new java.util.TreeMap<>(ask.headers());
    ask.token().ifPresent(token -> sent.put(header.header(), header.value(token)));
    return sent.entrySet().stream()
        .map(h -> h.getKey() + ": " + h.getValue())
        .collect(Collectors.joining("; ", " [", "]"));
  }

  static String joined(List<String> values) {
    return String.join(", ", values);
  }

  static String head(String text) {
    return text.length() > SHOWN ? text.substring(0, SHOWN) : text;
  }
}
