package dev.ash.node.api;

import static dev.ash.node.api.json.Schema.object;
import static dev.ash.node.api.json.Schema.oneOf;
import static dev.ash.node.api.json.Schema.text;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import dev.ash.config.Secret;
import dev.ash.node.api.http.Endpoint;
import dev.ash.node.api.http.Exchange;
import dev.ash.node.api.http.Problems;
import dev.ash.node.api.http.Replies;
import dev.ash.node.api.json.Schema;
import dev.ash.node.credentials.Credentials;
import dev.ash.node.credentials.Credentials.Credential;
import dev.ash.node.credentials.Credentials.Stored;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/** {@code /api/credentials} (contract 2.11). A secret goes in here and never comes out. */
final class CredentialRoutes {
  private static final Schema.Fields NEW =
      object()
          .required("type", oneOf("anthropic", "openai", "bedrock", "custom"))
          .required("key", text().between(1, Integer.MAX_VALUE))
          .with("label", text().matching(Wire.NO_NUL));

  private final Credentials credentials;

  @JsonPropertyOrder({"id", "type", "label", "active", "createdAt"})
  record NewView(String id, String type, String label, boolean active, String createdAt) {
    static NewView of(Credential credential) {
      return new NewView(
          credential.id(),
          credential.type().wireName(),
          credential.label(),
          true,
          Stamp.of(credential.createdAt()));
    }
  }

  @JsonPropertyOrder({"id", "type", "label", "active", "createdAt", "lastUsedAt"})
  record View(
      String id,
      String type,
      String label,
      boolean active,
      String createdAt,
      @Nullable String lastUsedAt) {
    static View of(Credential credential) {
      return new View(
          credential.id(),
          credential.type().wireName(),
          credential.label(),
          true,
          Stamp.of(credential.createdAt()),
          credential.lastUsedAt().map(Stamp::of).orElse(null));
    }
  }

  CredentialRoutes(Credentials credentials) {
    this.credentials = credentials;
  }

  List<Endpoint> endpoints() {
    return List.of(
        Endpoint.post("/api/credentials", NEW, this::create).withShortFaults(),
        Endpoint.get("/api/credentials", this::list),
        Endpoint.delete("/api/credentials/:id", this::delete));
  }

  private CompletionStage<HttpResponse> create(Exchange exchange) {
    return credentials
        .create(
            exchange.tenant(),
            exchange.field("type").flatMap(Credentials.Type::of).orElseThrow(),
            new Secret(exchange.field("key").orElseThrow()),
            exchange.field("label").orElse(""))
        .thenApply(
            stored ->
                switch (stored) {
                  case Stored.Done(var credential) ->
                      Replies.json(201, Map.of("credential", NewView.of(credential)));
                  case Stored.NotConfigured() ->
                      Problems.of(
                          500, "Credential storage not configured (ASH_CREDENTIAL_KEY not set)");
                });
  }

  private CompletionStage<HttpResponse> list(Exchange exchange) {
    return credentials
        .list(exchange.tenant())
        .thenApply(all -> Replies.ok(Map.of("credentials", all.stream().map(View::of).toList())));
  }

  private CompletionStage<HttpResponse> delete(Exchange exchange) {
    return credentials
        .delete(exchange.tenant(), exchange.param("id"))
        .thenApply(
            deleted -> deleted ? Replies.nothing() : Problems.of(404, "Credential not found"));
  }
}
