package dev.ash.node.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.node.model.SecretSource.NoSecretException;
import dev.ash.node.model.VaultApi.Answer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/** Gets tokens from one auth method of Vault, and has them lengthened. */
record VaultAuth(VaultApi api, Way way, LongSupplier nanoTime) {
  /** A lease that Vault gives for longer counts as one for ten years. */
  private static final long LONGEST_LIFE_S = 10L * 365 * 24 * 3600;

  /** As whom the node logs in. What it shows is read anew for every login. */
  sealed interface Way {
    /** The auth method's path below {@code auth/}. */
    String mount();

    CompletionStage<Map<String, String>> shown();

    /** What of it may be told to nobody else. */
    default Stream<String> secrets(Map<String, String> shown) {
      return shown.values().stream();
    }

    /** Which settings decide whether Vault takes it. */
    String settings();
  }

  record AppRole(String mount, SecretSource roleId, SecretSource secretId) implements Way {
    @Override
    public CompletionStage<Map<String, String>> shown() {
      return roleId
          .get()
          .thenCombine(secretId.get(), (role, id) -> Map.of("role_id", role, "secret_id", id));
    }

    @Override
    public String settings() {
      return "VAULT_ROLE_ID and VAULT_SECRET_ID";
    }
  }

  record Kubernetes(String mount, String role, SecretSource token) implements Way {
    @Override
    public CompletionStage<Map<String, String>> shown() {
      return token.get().thenApply(jwt -> Map.of("role", role, "jwt", jwt));
    }

    @Override
    public Stream<String> secrets(Map<String, String> shown) {
      return shown.values().stream().filter(value -> !value.equals(role));
    }

    @Override
    public String settings() {
      return "VAULT_KUBERNETES_ROLE (" + role + "), and that this role takes the service account";
    }
  }

  /** Fails with a {@link NoSecretException}, or with what kept Vault from answering. */
  CompletionStage<VaultLease> login() {
    return way.shown()
        .thenCompose(
            shown -> {
              var askedAt = nanoTime.getAsLong();
              return ask(shown)
                  .thenCompose(
                      answer ->
                          answer.isRefusal()
                              ? another(shown, answer)
                              : CompletableFuture.completedStage(lease(shown, answer, askedAt)));
            });
  }

  /** What was shown may have been replaced since it was read. */
  private CompletionStage<VaultLease> another(Map<String, String> refused, Answer first) {
    return way.shown()
        .thenCompose(
            shown -> {
              var askedAt = nanoTime.getAsLong();
              return (shown.equals(refused) ? CompletableFuture.completedStage(first) : ask(shown))
                  .thenApply(answer -> lease(shown, answer, askedAt));
            });
  }

  private CompletionStage<Answer> ask(Map<String, String> shown) {
    return api.post("auth/" + way.mount() + "/login", Optional.empty(), shown);
  }

  /** Empty: Vault will not lengthen this one. */
  CompletionStage<Optional<VaultLease>> renew(VaultLease lease) {
    var askedAt = nanoTime.getAsLong();
    return api.post("auth/token/renew-self", Optional.of(lease.token()), Map.of())
        .thenApply(
            answer -> {
              if (answer.isRefusal()) {
                return Optional.empty();
              }
              if (!answer.isOk()) {
                throw new NoSecretException(
                    "Vault answered the renewal of the token with " + answer.status());
              }
              var auth = answer.body().path("auth");
              var life = life(auth);
              if (life.isZero() && !lease.first().isZero()) {
                return Optional.empty(); // zero is for ever in a login's answer only
              }
              return Optional.of(
                  new VaultLease(
                      lease.token(),
                      life,
                      lease.first(),
                      auth.path("renewable").asBoolean(),
                      askedAt));
            });
  }

  private VaultLease lease(Map<String, String> shown, Answer answer, long askedAt) {
    var at = "auth/" + way.mount();
    var auth = answer.body().path("auth");
    var token = auth.path("client_token").asText();
    if (answer.isOk() && token.matches("[\\x21-\\x7e]+")) {
      var life = life(auth);
      return new VaultLease(token, life, life, auth.path("renewable").asBoolean(), askedAt);
    }
    if (!answer.isRefusal()) {
      throw new NoSecretException(
          "Vault answered the login at %s with %d%s"
              .formatted(at, answer.status(), answer.isOk() ? " and no token" : ""));
    }
    // Vault could quote what it was shown.
    var reason = way.secrets(shown).anyMatch(answer::quotes) ? "" : answer.reason();
    throw new NoSecretException(
        "Vault refused the login at %s (%d%s): check %s; VAULT_AUTH_MOUNT is the method's path, now %s"
            .formatted(
                at,
                answer.status(),
                reason.isEmpty() ? "" : " " + reason,
                way.settings(),
                way.mount()));
  }

  private static Duration life(JsonNode auth) {
    // A number with more digits than a long has must not become a small one.
    return Duration.ofSeconds(
        Math.clamp((long) auth.path("lease_duration").asDouble(), 0L, LONGEST_LIFE_S));
  }
}
