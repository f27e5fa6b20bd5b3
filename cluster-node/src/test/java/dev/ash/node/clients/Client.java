package dev.ash.node.clients;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.node.api.RawHttp;
import dev.ash.node.e2e.StrictClient;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** A published client: the headers that its HTTP library adds, and how it reads an answer. */
enum Client {
  TYPESCRIPT {
    // res.json() on every 2xx; else message, error, status text, in that order.
    @Override
    void read(RawHttp.Reply reply) {
      var type = reply.header("content-type");
      if (type.startsWith("application/json")) {
        var body = StrictClient.json(reply.body());
        assertThat(body.isObject()).as(reply.body()).isTrue();
        if (reply.status() >= 400) {
          assertThat(body.path("message").asText(body.path("error").asText())).isNotEmpty();
        }
      }
    }
  },

  PYTHON {
    private static final List<String> AGENT =
        List.of("id", "name", "version", "path", "createdAt", "updatedAt");
    private static final List<String> SESSION =
        List.of("id", "agentName", "sandboxId", "status", "createdAt", "lastActiveAt");
    private static final List<String> POOL =
        List.of(
            "total",
            "cold",
            "warming",
            "warm",
            "waiting",
            "running",
            "maxCapacity",
            "resumeWarmHits",
            "resumeColdHits",
            "preWarmHits");
    private static final Set<String> IDS =
        Set.of("id", "sessionId", "sandboxId", "parentSessionId");
    private static final Set<String> STATUSES =
        Set.of("starting", "active", "paused", "stopped", "ended", "error");

    // Its generated models: required members, UUIDs, times, a closed list of states.
    @Override
    void read(RawHttp.Reply reply) {
      if (reply.status() >= 300 || !reply.header("content-type").startsWith("application/json")) {
        return;
      }
      var body = StrictClient.json(reply.body());
      check(body, "agent", AGENT);
      check(body, "session", SESSION);
      check(body, "pool", POOL);
      values("", body);
      for (var state : body.findParents("agentName")) {
        if (state.has("sandboxId")) {
          assertThat(STATUSES).contains(state.path("status").asText());
        }
      }
    }

    private void check(JsonNode body, String name, List<String> required) {
      for (var node : List.of(body.path(name), body.path(name + "s"))) {
        for (var model : node.isArray() ? node : List.of(node)) {
          if (model.isObject()) {
            assertThat(model.fieldNames()).toIterable().containsAll(required);
          }
        }
      }
    }

    private void values(String name, JsonNode value) {
      if (value.isContainerNode()) {
        value.properties().forEach(field -> values(field.getKey(), field.getValue()));
        value.values().forEachRemaining(item -> values("", item));
      } else if (value.isTextual() && IDS.contains(name)) {
        assertThat(UUID.fromString(value.asText())).isNotNull();
      } else if (value.isTextual() && name.endsWith("At")) {
        assertThat(OffsetDateTime.parse(value.asText())).isNotNull();
      }
    }
  },

  COMMAND_LINE {
    // Prints the error member of a failure, else what came as it is.
    @Override
    void read(RawHttp.Reply reply) {
      if (reply.status() >= 400) {
        assertThat(StrictClient.json(reply.body()).path("error").asText()).isNotEmpty();
      }
    }
  };

  private static final Map<String, String> NODE =
      Map.of(
          "Accept", "*/*",
          "Accept-Language", "*",
          "Sec-Fetch-Mode", "cors",
          "User-Agent", "node",
          "Accept-Encoding", "gzip, deflate");
  private static final Map<String, String> HTTPX =
      Map.of(
          "Accept", "*/*",
          "Accept-Encoding", "gzip, deflate",
          "User-Agent", "python-httpx/0.27.2");

  Map<String, String> headers() {
    return this == PYTHON ? HTTPX : NODE;
  }

  /** Fails where the client would raise, other than for the status. */
  abstract void read(RawHttp.Reply reply);
}
