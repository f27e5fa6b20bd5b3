package dev.ash.config;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.List;

/**
 * The {@code ash.http} section.
 *
 * @param allowedOrigins empty means that every origin is reflected
 * @param docs whether {@code /docs} describes the API to everybody
 * @param requestsPerWindow requests one key (or, without a key, one address) may make per window
 * @param rateRules other numbers for some keys, tenants or routes; the most specific counts
 * @param largestAttachment bytes
 * @param uploadSpace bytes of the data folder for what clients are sending at the same time; one
 *     tenant has half of it
 * @param createsPerWindow the same for each of {@code POST /api/sessions} and {@code /api/agents}
 */
public record HttpConfig(
    String host,
    int port,
    List<String> allowedOrigins,
    boolean docs,
    Duration heartbeat,
    Duration askTimeout,
    Duration rateWindow,
    int requestsPerWindow,
    int createsPerWindow,
    List<RateRule> rateRules,
    long largestAttachment,
    long uploadSpace) {

  /** Also what a workspace takes as one file. */
  private static final long MOST = 100L << 20;

  public HttpConfig {
    allowedOrigins = List.copyOf(allowedOrigins);
    rateRules = List.copyOf(rateRules);
    Require.that(port >= 0 && port <= 65535, "ash.http.port", port, "0 to 65535");
    Require.that(heartbeat.isPositive(), "ash.http.heartbeat", heartbeat, "> 0s");
    Require.that(askTimeout.isPositive(), "ash.http.ask-timeout", askTimeout, "> 0s");
    Require.that(rateWindow.isPositive(), "ash.http.rate-limit.window", rateWindow, "> 0s");
    Require.that(requestsPerWindow > 0, "ash.http.rate-limit.requests", requestsPerWindow, "> 0");
    Require.that(
        largestAttachment > 0 && largestAttachment <= MOST,
        "ash.http.largest-attachment",
        largestAttachment,
        "1 to " + MOST + " bytes");
    Require.that(
        uploadSpace >= 4 * MOST, "ASH_UPLOAD_SPACE", uploadSpace, ">= " + 4 * MOST + " bytes");
    Require.that(createsPerWindow > 0, "ash.http.rate-limit.creates", createsPerWindow, "> 0");
  }

  static HttpConfig from(Config c) {
    return new HttpConfig(
        c.getString("host"),
        c.getInt("port"),
        Lists.commaSeparated(c.getString("allowed-origins")),
        !c.getString("environment").equals("production"),
        c.getDuration("heartbeat"),
        c.getDuration("ask-timeout"),
        c.getDuration("rate-limit.window"),
        c.getInt("rate-limit.requests"),
        c.getInt("rate-limit.creates"),
        RateRule.parse(c.getString("rate-limit.rules")),
        c.getBytes("largest-attachment"),
        c.getBytes("upload-space"));
  }
}
