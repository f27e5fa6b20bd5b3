package dev.ash.gateway.check;

import dev.ash.gateway.check.GatewayClient.Ask;
import dev.ash.gateway.check.GatewayClient.Kind;
import dev.ash.gateway.check.GatewayClient.Reply;
import dev.ash.gateway.check.TokenLook.Level;
import dev.ash.gateway.check.TokenLook.Remark;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Finds out step by step why a token is not accepted. */
public final class AuthDebug {
  private static final int CONNECT_MILLIS = 5_000;
  private static final Duration HTTP_WAIT = Duration.ofSeconds(10);

  private final GatewayClient client;
  private final InstantSource clock;
  private final Consumer<String> out;
  private boolean trouble;

  public AuthDebug(GatewayClient client, InstantSource clock, Consumer<String> out) {
    this.client = client;
    this.clock = clock;
    this.out = out;
  }

  /** Tells everything it finds; true when authentication works. */
  public boolean run() throws InterruptedException {
    step("1. Validating Token Format");
    TokenLook.format(client.target().token()).forEach(this::tell);
    step("2. Testing Network Connectivity");
    if (reachable()) {
      step("3. Testing Authentication");
      authentication();
    }
    step("4. Checking Token Expiration");
    TokenLook.expiration(client.target().token(), clock.instant()).forEach(this::tell);
    step("5. Gateway-Specific Diagnostics");
    diagnostics();
    step("6. Summary");
    if (trouble) {
      tell(Level.PROBLEM, "Authentication issues detected");
      for (var next :
          List.of(
              "Check the token with the administrator of the gateway",
              "Create a new token and try again",
              "Look for the request in the gateway's log",
              "Run: ash gateway validate --verbose")) {
        tell(Level.INFO, next);
      }
    } else {
      tell(Level.GOOD, "Authentication is working correctly");
    }
    return !trouble;
  }

  private boolean reachable() throws InterruptedException {
    var url = client.target().url();
    InetAddress address;
    try {
      address = InetAddress.getByName(url.getHost());
      tell(Level.GOOD, "DNS: " + url.getHost() + " is " + address.getHostAddress());
    } catch (UnknownHostException _) {
      tell(Level.PROBLEM, "DNS: " + url.getHost() + " cannot be resolved");
      return false;
    }
    var port = port(url);
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(address, port), CONNECT_MILLIS);
      tell(Level.GOOD, "TCP: port " + port + " is open");
    } catch (IOException e) {
      tell(Level.PROBLEM, "TCP: cannot connect to port " + port + " (" + e.getMessage() + ")");
      return false;
    }
    var reply = client.once(new Ask("GET", "/", Optional.empty(), Map.of(), ""), HTTP_WAIT);
    switch (reply) {
      case Reply.Answered a -> {
        tell(Level.GOOD, "HTTP: answers with status " + a.status());
        skew(a.header("date"));
      }
      case Reply.Broken broken -> {
        tell(Level.PROBLEM, "HTTP: no answer (" + broken.kind() + ": " + broken.why() + ")");
        return false;
      }
    }
    return true;
  }

  private void authentication() throws InterruptedException {
    var ask = client.messages(Bodies.message(client.target().model(), 10, "test").toString());
    switch (client.once(ask, client.target().timeout())) {
      case Reply.Broken broken ->
          tell(
              Level.PROBLEM,
              broken.kind() == Kind.TIMED_OUT ? "No answer in time" : "Broken: " + broken.why());
      case Reply.Answered a -> {
        if (a.status() == 200) {
          tell(Level.GOOD, "Authentication successful (status 200)");
        } else {
          tell(Level.PROBLEM, "Status " + a.status() + ": " + meaning(a.status()));
          causes(a.status()).forEach(cause -> tell(Level.INFO, "  possible cause: " + cause));
          tell(Level.INFO, "  answer: " + client.redaction().of(head(a.body())));
        }
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

  private static List<String> causes(int status) {
    return switch (status) {
      case 401 ->
          List.of(
              "token invalid or expired",
              "token revoked",
              "token not configured at this gateway",
              "wrong format (another header or scheme expected)");
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
      if (client.once(new Ask("GET", path, Optional.empty(), Map.of(), ""), HTTP_WAIT)
          instanceof Reply.Answered a) {
        tell(a.status() == 200 ? Level.GOOD : Level.INFO, path + ": status " + a.status());
      }
    }
    if (client.once(new Ask("HEAD", "/v1/messages", Optional.empty(), Map.of(), ""), HTTP_WAIT)
        instanceof Reply.Answered a) {
      a.headers()
          .map()
          .forEach(
              (name, values) -> {
                var lower = name.toLowerCase(Locale.ROOT);
                if (lower.equals("server")
                    || lower.equals("x-powered-by")
                    || lower.startsWith("x-ratelimit")) {
                  tell(Level.INFO, lower + ": " + client.redaction().of(String.join(", ", values)));
                }
              });
    }
  }

  private void skew(String date) {
    try {
      var theirs = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      var off = Duration.between(theirs, clock.instant()).abs();
      if (off.compareTo(Duration.ofMinutes(1)) > 0) {
        tell(Level.WARNING, "Clocks differ by " + off.toSeconds() + " seconds; tokens may fail");
      }
    } catch (DateTimeParseException _) {
      // A gateway need not say what time it is.
    }
  }

  private void step(String title) {
    out.accept("");
    out.accept("=== " + title + " ===");
  }

  private void tell(Remark remark) {
    tell(remark.level(), client.redaction().of(remark.text()));
  }

  private void tell(Level level, String text) {
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

  private static int port(URI url) {
    return url.getPort() >= 0 ? url.getPort() : url.getScheme().equals("https") ? 443 : 80;
  }

  private static String head(String text) {
    return text.length() > 200 ? text.substring(0, 200) : text;
  }
}
