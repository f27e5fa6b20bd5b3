package dev.ash.node.api;

import static dev.ash.node.api.json.Schema.anything;
import static dev.ash.node.api.json.Schema.object;
import static dev.ash.node.api.json.Schema.text;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.node.api.http.BodyRule;
import dev.ash.node.api.http.Endpoint;
import dev.ash.node.api.http.Exchange;
import dev.ash.node.api.http.Problems;
import dev.ash.node.api.http.Replies;
import dev.ash.node.auth.Keys;
import dev.ash.protocol.id.TenantId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** {@code /api/api-keys} and the platform's way to make a key for any tenant (contract 2.15). */
final class KeyRoutes {
  private static final int LONGEST_LABEL = 255;

  private final Keys keys;

  @JsonPropertyOrder({"id", "label", "keyPrefix", "createdAt"})
  record KeyView(String id, String label, String keyPrefix, String createdAt) {}

  @JsonPropertyOrder({"id", "key"})
  record NewKeyView(String id, String key) {}

  @JsonPropertyOrder({"id", "key", "tenantId"})
  record TenantKeyView(String id, String key, String tenantId) {}

  KeyRoutes(Keys keys) {
    this.keys = keys;
  }

  List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get("/api/api-keys", this::list),
        Endpoint.post("/api/api-keys", anything(), this::create)
            .taking(
                BodyRule.of(object().with("label", text().between(0, LONGEST_LABEL))).orEmpty()),
        Endpoint.delete("/api/api-keys/:id", this::delete),
        Endpoint.post("/api/internal/api-keys", anything(), this::createForTenant)
            .taking(BodyRule.of(anything()).orEmpty())
            .openTo(Endpoint.Access.INTERNAL));
  }

  private CompletionStage<HttpResponse> list(Exchange exchange) {
    return keys.list(exchange.tenant())
        .thenApply(
            all ->
                Replies.ok(
                    Map.of(
                        "keys",
                        all.stream()
                            .map(
                                key ->
                                    new KeyView(
                                        key.id(),
                                        key.label(),
                                        key.keyPrefix(),
                                        key.createdAt().map(Stamp::of).orElse("")))
                            .toList())));
  }

  private CompletionStage<HttpResponse> create(Exchange exchange) {
    var label = exchange.field("label").filter(l -> !l.isEmpty()).orElse("dashboard-key");
    return keys.create(exchange.tenant(), label)
        .thenApply(made -> Replies.json(201, new NewKeyView(made.id(), made.key())));
  }

  private CompletionStage<HttpResponse> delete(Exchange exchange) {
    return keys.delete(exchange.tenant(), exchange.param("id"))
        .thenApply(
            deleted -> deleted ? Replies.nothing() : Problems.bare(404, "API key not found"));
  }

  private CompletionStage<HttpResponse> createForTenant(Exchange exchange) {
    var tenant = shortText(exchange, "tenantId");
    if (tenant.isEmpty()) {
      return CompletableFuture.completedStage(
          Problems.bare(400, "Missing required field: tenantId"));
    }
    var id = tenant.get();
    return keys.create(
            new TenantId(id), shortText(exchange, "label").orElseGet(() -> "platform-" + id))
        .thenApply(
            made -> Replies.ok(new TenantKeyView(made.id(), made.key(), made.tenant().value())));
  }

  private static Optional<String> shortText(Exchange exchange, String name) {
    return Optional.of(exchange.body().path(name))
        .filter(JsonNode::isTextual)
        .map(JsonNode::textValue)
        .filter(text -> !text.isEmpty() && text.length() <= LONGEST_LABEL);
  }
}
