package dev.ash.node.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.config.VaultConfig;
import dev.ash.protocol.json.Json;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;

/** Vault's HTTP interface, in the namespace of the configuration. Blocks nobody. */
record VaultApi(VaultConfig config, HttpClient client) {
  private static final Duration ANSWER = Duration.ofSeconds(10);
  private static final long MOST_BYTES = 1 << 20;
  private static final int LONGEST_REASON = 120;

  /** So many characters of a secret in a row are too many. */
  private static final int PART = 8;

  /**
   * What Vault said.
   *
   * @param body an empty object where it was no JSON
   */
  record Answer(int status, JsonNode body) {
    boolean isOk() {
      return status == 200;
    }

    /** Vault means this very caller; another attempt with the same credential is in vain. */
    boolean isRefusal() {
      return status == 400 || status == 401 || status == 403 || status == 404;
    }

    /** Vault's own words, in one short line; empty where it has none. */
    String reason() {
      var text = error().strip().replaceAll("\\s+", " ");
      var printable = text.replaceAll("[^\\x20-\\x7e]", "?");
      return printable.substring(0, Math.min(printable.length(), LONGEST_REASON));
    }

    private String error() {
      return body.path("errors").path(0).asText();
    }

    /** Whether Vault's words, also those behind the end of {@link #reason}, have a part of it. */
    boolean quotes(String secret) {
      var text = error();
      return (!secret.isEmpty() && text.contains(secret))
          || IntStream.rangeClosed(0, secret.length() - PART)
              .anyMatch(from -> text.contains(secret.substring(from, from + PART)));
    }

    @Override
    public String toString() {
      return "Answer[" + status + "]";
    }
  }

  /**
   * Reads.
   *
   * @param path below {@code /v1/}
   */
  CompletionStage<Answer> get(String path, String token) {
    return send(request(path, Optional.of(token)).GET());
  }

  /**
   * Writes.
   *
   * @param path below {@code /v1/}
   */
  CompletionStage<Answer> post(String path, Optional<String> token, Map<String, String> fields) {
    var body = Json.object();
    fields.forEach(body::put);
    return send(
        request(path, token)
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(body.toString())));
  }

  /** Without a user that somebody wrote into it. */
  String shownAddress() {
    return config.address().toString().replaceFirst("//[^/]*@", "//");
  }

  private HttpRequest.Builder request(String path, Optional<String> token) {
    var request =
        HttpRequest.newBuilder(URI.create(config.address() + "/v1/" + path)).timeout(ANSWER);
    token.ifPresent(value -> request.header("X-Vault-Token", value));
    config.namespace().ifPresent(name -> request.header("X-Vault-Namespace", name));
    return request;
  }

  private CompletionStage<Answer> send(HttpRequest.Builder request) {
    return client
        .sendAsync(request.build(), BodyHandlers.limiting(BodyHandlers.ofString(), MOST_BYTES))
        .thenApply(
            response ->
                new Answer(
                    response.statusCode(), Json.parse(response.body()).orElseGet(Json::object)));
  }
}
