package dev.ash.mcp;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** A caller over HTTP who says just what a test wants. */
final class RawCaller {
  private final URI url;
  private Optional<String> session = Optional.empty();

  RawCaller(String url) throws IOException {
    this.url = URI.create(url);
    say(
        "\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-06-18\","
            + "\"capabilities\":{},\"clientInfo\":{\"name\":\"x\",\"version\":\"1\"}}");
    say("\"method\":\"notifications/initialized\"");
  }

  /** The whole answer to a call of a tool. */
  String call(int id, String tool, String arguments) throws IOException {
    return say(
        "\"id\":%d,\"method\":\"tools/call\",\"params\":{\"name\":\"%s\",\"arguments\":%s}"
            .formatted(id, tool, arguments));
  }

  String cancel(int id) throws IOException {
    return say(
        "\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":%d,\"reason\":\"x\"}"
            .formatted(id));
  }

  private String say(String message) throws IOException {
    var connection = (HttpURLConnection) url.toURL().openConnection();
    connection.setRequestMethod("POST");
    connection.setDoOutput(true);
    connection.setRequestProperty("Content-Type", "application/json");
    connection.setRequestProperty("Accept", "application/json, text/event-stream");
    session.ifPresent(id -> connection.setRequestProperty("Mcp-Session-Id", id));
    try (var out = connection.getOutputStream()) {
      out.write(("{\"jsonrpc\":\"2.0\"," + message + "}").getBytes(StandardCharsets.UTF_8));
    }
    if (connection.getResponseCode() >= 400) {
      throw new IOException("status " + connection.getResponseCode());
    }
    session = Optional.ofNullable(connection.getHeaderField("Mcp-Session-Id")).or(() -> session);
    try (var in = connection.getInputStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
