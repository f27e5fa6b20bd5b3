package dev.ash.config;

import com.typesafe.config.Config;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where secrets of the form {@code vault://mount/path#field} are read.
 *
 * @param namespace of an enterprise's Vault; empty is the root one
 */
public record VaultConfig(URI address, Optional<String> namespace, Login login) {
  private static final String PATH = "[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*";

  /** How the node comes by a token of Vault. */
  public sealed interface Login {
    /** Somebody else got it, and renews it. */
    record Token(SecretConfig token) implements Login {}

    /**
     * The node logs in as a role of the auth method AppRole.
     *
     * @param mount the auth method's path below {@code auth/}
     */
    record AppRole(String mount, SecretConfig roleId, SecretConfig secretId) implements Login {}

    /**
     * The node logs in with its pod's service account.
     *
     * @param mount the auth method's path below {@code auth/}
     * @param role of Vault's, which names the service accounts that may take it
     * @param token file that Kubernetes keeps up to date
     */
    record Kubernetes(String mount, String role, Path token) implements Login {}
  }

  static Optional<VaultConfig> from(Config c) {
    var address = c.getString("address");
    if (address.isEmpty()) {
      return Optional.empty();
    }
    Require.that(
        address.matches("https?://[^\\s/]+.*"), "VAULT_ADDR", address, "an http or https URL");
    var namespace = Optional.of(c.getString("namespace")).filter(text -> !text.isEmpty());
    namespace.ifPresent(
        name ->
            Require.that(
                name.matches(PATH + "/?"), "VAULT_NAMESPACE", name, "a path such as team/ash"));
    return Optional.of(
        new VaultConfig(URI.create(address.replaceAll("/+$", "")), namespace, login(c)));
  }

  private static Login login(Config c) {
    var token = SecretConfig.from(c, "token");
    var roleId = SecretConfig.from(c, "role-id");
    var secretId = SecretConfig.from(c, "secret-id");
    var role = c.getString("kubernetes-role");
    var appRole = roleId.isPresent() || secretId.isPresent();
    var ways = (token.isPresent() ? 1 : 0) + (appRole ? 1 : 0) + (role.isEmpty() ? 0 : 1);
    Require.that(
        ways == 1,
        "VAULT_ADDR",
        "set, with " + ways + " ways to log in",
        "one of VAULT_TOKEN, VAULT_ROLE_ID with VAULT_SECRET_ID (each also as _FILE), or"
            + " VAULT_KUBERNETES_ROLE");
    var mount = c.getString("auth-mount");
    Require.that(
        mount.isEmpty() || (token.isEmpty() && mount.matches(PATH)),
        "VAULT_AUTH_MOUNT",
        mount,
        "a path below auth/, with a role; a token needs none");
    if (token.isPresent()) {
      return new Login.Token(here("VAULT_TOKEN", token.orElseThrow()));
    }
    if (!appRole) {
      return new Login.Kubernetes(
          mount.isEmpty() ? "kubernetes" : mount,
          role,
          Path.of(c.getString("kubernetes-token-file")));
    }
    Require.that(
        roleId.isPresent() && secretId.isPresent(),
        roleId.isPresent() ? "VAULT_SECRET_ID" : "VAULT_ROLE_ID",
        "not set",
        "VAULT_ROLE_ID and VAULT_SECRET_ID, each also as _FILE");
    return new Login.AppRole(
        mount.isEmpty() ? "approle" : mount,
        here("VAULT_ROLE_ID", roleId.orElseThrow()),
        here("VAULT_SECRET_ID", secretId.orElseThrow()));
  }

  /** What opens the store cannot lie in a store. */
  private static SecretConfig here(String variable, SecretConfig secret) {
    return switch (secret) {
      case SecretConfig.Value _, SecretConfig.InFile _ -> secret;
      case SecretConfig.InVault _, SecretConfig.InAws _ ->
          throw new InvalidConfigException(
              variable + ": a place in a store (expected: the value, or a file: _FILE, file://)");
    };
  }
}
