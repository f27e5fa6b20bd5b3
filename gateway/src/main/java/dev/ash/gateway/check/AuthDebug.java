package dev.ash.gateway.check;

import dev.ash.gateway.check.GatewayClient.Kind;
import dev.ash.gateway.check.GatewayClient.Reply;
import dev.ash.gateway.check.TokenLook.Level;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Finds out step by step why a token is not accepted. */
public final class AuthDebug {
  private static final int CONNECT_MILLIS = 5_000;

  private final GatewayClient client;
  private final InstantSource clock;
  private final Steps steps;

  public AuthDebug(
      GatewayClient client, InstantSource clock, boolean verbose, Consumer<String> out) {
    this.client = client;
    this.clock = clock;
    this.steps = new Steps(client, verbose, out);
  }

  /** Tells everything it finds; true when authentication works. */
  public boolean run() throws InterruptedException {
    var token = client.target().token();
    steps.begin("1. Validating Token Format");
    TokenLook.format(token).forEach(steps::tell);
    steps.begin("2. Testing Network Connectivity");
    if (reachable()) {
      steps.begin("3. Testing Authentication");
      if (TokenLook.fitsHeader(token)) {
        authentication();
      } else {
        steps.tell(Level.INFO, "Not tried: no request can carry this token");
      }
    }
    steps.begin("4. Checking Token Expiration");
    TokenLook.expiration(token, clock.instant()).forEach(steps::tell);
    new IssuerLook(steps).at(token);
    steps.begin("5. Gateway-Specific Diagnostics");
    diagnostics();
    steps.begin("6. Summary");
    summary();
    return !steps.trouble();
  }

  private boolean reachable() throws InterruptedException {
    var url = client.target().url();
    var via = client.target().way().proxies().of(url);
    via.ifPresent(
        proxy ->
            steps.tell(
                Level.INFO,
                "Proxy: %s says %s:%d; name and port are the proxy's"
                    .formatted(proxy.variable(), proxy.host(), proxy.port())));
    var host = via.map(Proxies.Via::host).orElse(url.getHost());
    var port = via.map(Proxies.Via::port).orElse(Proxies.port(url));
    InetAddress address;
    try {
      address = InetAddress.getByName(host);
      steps.tell(Level.GOOD, "DNS: " + host + " is " + address.getHostAddress());
    } catch (UnknownHostException _) {
      steps.tell(Level.PROBLEM, "DNS: " + host + " cannot be resolved");
      return false;
    }
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(address, port), CONNECT_MILLIS);
      steps.tell(Level.GOOD, "TCP: port " + port + " is open");
    } catch (IOException e) {
      steps.tell(
          Level.PROBLEM, "TCP: cannot connect to port " + port + " (" + e.getMessage() + ")");
      return false;
    }
    switch (steps.get("GET", "/")) {
      case Reply.Answered a when via.isPresent() && a.status() == 407 -> {
        steps.tell(
            Level.PROBLEM,
            "Proxy: wants a password (expected: http://USER:PASSWORD@HOST:PORT in %s)"
                .formatted(via.get().variable()));
        return false;
      }
      case Reply.Answered a -> {
        steps.tell(Level.GOOD, "HTTP: answers with status " + a.status());
        skew(a.header("date"));
      }
      case Reply.Broken broken -> {
        steps.tell(Level.PROBLEM, "HTTP: no answer (" + broken.kind() + ": " + broken.why() + ")");
        return false;
      }
    }
    return true;
  }

  private void authentication() throws InterruptedException {
    var ask = client.messages(Bodies.message(client.target().model(), 10, "test").toString());
    switch (steps.ask(ask, client.target().timeout())) {
      case Reply.Broken broken ->
          steps.tell(
              Level.PROBLEM,
              broken.kind() == Kind.TIMED_OUT ? "No answer in time" : "Broken: " + broken.why());
      case Reply.Answered a when a.status() == 200 || a.status() == 201 ->
          steps.tell(Level.GOOD, "Authentication successful (status " + a.status() + ")");
      case Reply.Answered a -> {
        steps.tell(Level.PROBLEM, "Status " + a.status() + ": " + meaning(a.status()));
        causes(a.status()).forEach(cause -> steps.tell(Level.INFO, "  possible cause: " + cause));
        for (var name : List.of("www-authenticate", "retry-after")) {
          if (!a.header(name).isEmpty()) {
            steps.tell(Level.INFO, "  " + name + ": " + a.header(name));
          }
        }
        steps.tell(Level.INFO, "  answer: " + Steps.head(a.body()));
      }
    }
  }

  private static String meaning(int status) {
    return switch (status) {
      case 401 -> "the token is not accepted";
      case 403 -> "the token is known, and may not do this";
      case 404 -> "there is no /v1/messages here; check the base URL";
      case 429 -> "too many requests; wait, and try again";
      case 500, 502, 503, 504 -> "the gateway or what is behind it has a problem";
      default -> "unexpected";
    };
  }

  private List<String> causes(int status) {
    return switch (status) {
      case 401 ->
          List.of(
              "token invalid or expired",
              "token revoked",
              "token not configured at this gateway",
              "wrong format: it was sent in %s; --auth-header chooses %s"
                  .formatted(
                      client.target().header().header(),
                      client.target().header().other().header()));
      case 403 ->
          List.of(
              "scope missing",
              "address not on the allowlist",
              "rate limit",
              "policy of the gateway");
      default -> List.of();
    };
  }

  private void diagnostics() throws InterruptedException {
    for (var path : List.of("/health", "/healthz")) {
      if (steps.get("GET", path) instanceof Reply.Answered a) {
        steps.tell(a.status() == 200 ? Level.GOOD : Level.INFO, path + ": status " + a.status());
      }
    }
    if (steps.get("HEAD", "/v1/messages") instanceof Reply.Answered a) {
      a.headers()
          .map()
          .forEach(
              (name, values) -> {
                var lower = name.toLowerCase(Locale.ROOT);
                if (lower.equals("server")
                    || lower.equals("x-powered-by")
                    || lower.startsWith("x-ratelimit")) {
                  steps.tell(Level.INFO, lower + ": " + Steps.joined(values));
                }
              });
    }
  }

  private void skew(String date) {
    try {
      var theirs = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      var off = Duration.between(theirs, clock.instant()).abs();
      if (off.compareTo(Duration.ofMinutes(1)) > 0) {
        steps.tell(
            Level.WARNING, "Clocks differ by " + off.toSeconds() + " seconds; tokens may fail");
      }
    } catch (DateTimeParseException _) {
      // A gateway need not say what time it is.
    }
  }

  private void summary() {
    if (steps.trouble()) {
      steps.tell(Level.PROBLEM, "Authentication issues detected");
      for (var next :
          List.of(
              "Check the token with the administrator of the gateway",
              "Create a new token and try again",
              "Look for the request in the gateway's log",
              "Run: ash gateway validate --verbose")) {
        steps.tell(Level.INFO, next);
      }
    } else {
      steps.tell(Level.GOOD, "Authentication is working correctly");
    }
  }
}
