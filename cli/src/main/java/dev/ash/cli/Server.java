package dev.ash.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.client.AshClient;
import dev.ash.client.http.Call;
import dev.ash.client.http.Download;
import dev.ash.client.http.RetryPolicy;
import java.util.Optional;
import java.util.UUID;

/**
 * The server that commands speak to. Most of them show an answer as it comes, so they take it as a
 * tree; what they work with they take from the client's typed groups.
 */
record Server(AshClient ash) {

  /** A server that a person waits for. */
  static Server of(String url, Optional<String> key, Context context) {
    return of(url, key, RetryPolicy.OF_A_PERSON, context);
  }

  static Server of(String url, Optional<String> key, RetryPolicy retries, Context context) {
    var builder =
        AshClient.builder(url)
            .retries(retries)
            .pause(context.pause())
            .onReconnect(() -> context.terminal().aside("[the connection broke, reconnecting]"));
    key.ifPresent(builder::key);
    try {
      return new Server(builder.build());
    } catch (IllegalArgumentException e) {
      throw new CliException(String.valueOf(e.getMessage()));
    }
  }

  String url() {
    return ash.url();
  }

  JsonNode get(String path) {
    return call(Call.get(path));
  }

  JsonNode post(String path) {
    return call(Call.post(path));
  }

  JsonNode post(String path, JsonNode body) {
    return call(Call.post(path, body));
  }

  /** Creates something once, however often the connection breaks. */
  JsonNode create(String path, JsonNode body) {
    return call(Call.post(path, body).once(UUID.randomUUID().toString()));
  }

  JsonNode patch(String path, JsonNode body) {
    return call(Call.patch(path, body));
  }

  JsonNode delete(String path) {
    return call(Call.delete(path));
  }

  JsonNode call(Call call) {
    return ash.connection().json(call);
  }

  /** A field of an answer, with the tag that {@code --if-match} takes, where the server has one. */
  JsonNode tagged(Call call, String field) {
    var answer = ash.connection().answer(call);
    var shown = answer.json().path(field);
    if (shown instanceof ObjectNode object) {
      answer.etag().ifPresent(tag -> object.put("etag", tag));
    }
    return shown;
  }

  /** The caller closes it. */
  Download download(String path) {
    return ash.connection().download(Call.get(path));
  }
}
