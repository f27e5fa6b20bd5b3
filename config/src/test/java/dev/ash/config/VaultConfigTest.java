package dev.ash.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.config.VaultConfig.Login;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class VaultConfigTest {
  private static final String CANARY = "vault://canary-of-a-secret/path#field";

  @Test
  void aRoleOfAppRoleIsReadFromValuesAndFiles() {
    var vault = read(Map.of("role-id", "r-1", "secret-id-file", "/run/secret-id"));

    assertThat(vault.login())
        .isEqualTo(
            new Login.AppRole(
                "approle",
                new SecretConfig.Value(new Secret("r-1")),
                new SecretConfig.InFile(Path.of("/run/secret-id"))));
    assertThat(vault.namespace()).isEmpty();
  }

  @Test
  void aRoleOfKubernetesHasThePodsOwnToken() {
    var vault =
        read(Map.of("kubernetes-role", "ash", "auth-mount", "k8s/eu", "namespace", "team/ash"));

    assertThat(vault.login())
        .isEqualTo(
            new Login.Kubernetes(
                "k8s/eu", "ash", Path.of("/var/run/secrets/kubernetes.io/serviceaccount/token")));
    assertThat(vault.namespace()).contains("team/ash");
  }

  @Test
  void oneWayToLogInIsNamed() {
    refuses(Map.of(), "VAULT_ADDR: set, with 0 ways to log in (expected: one of VAULT_TOKEN, ");
    refuses(
        Map.of("token", "t", "kubernetes-role", "ash"), "VAULT_ADDR: set, with 2 ways to log in");
    refuses(Map.of("role-id", "r"), "VAULT_SECRET_ID: not set (expected: VAULT_ROLE_ID and ");
    refuses(Map.of("secret-id", "s"), "VAULT_ROLE_ID: not set");
    refuses(
        Map.of("role-id", "r", "secret-id", "s", "secret-id-file", "/f"),
        "VAULT_SECRET_ID: set, and so is VAULT_SECRET_ID_FILE");
    refuses(Map.of("token", "t", "auth-mount", "approle"), "VAULT_AUTH_MOUNT: approle (expected: ");
    refuses(Map.of("kubernetes-role", "a", "auth-mount", "../x y"), "VAULT_AUTH_MOUNT: ../x y");
    refuses(Map.of("token", "t", "namespace", "a\nb"), "VAULT_NAMESPACE: a\nb");
  }

  @Test
  void whatOpensTheStoreDoesNotLieInAStore() {
    assertThatThrownBy(() -> read(Map.of("role-id", "r", "secret-id", CANARY)))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageStartingWith("VAULT_SECRET_ID: a place in a store (expected: the value, or a ")
        .hasMessageNotContaining("canary");
  }

  private static void refuses(Map<String, String> settings, String why) {
    assertThatThrownBy(() -> read(settings))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining(why);
  }

  private static VaultConfig read(Map<String, String> settings) {
    var all = new HashMap<String, Object>();
    all.put("ash.model.vault.address", "https://vault.example.org:8200/");
    settings.forEach((key, value) -> all.put("ash.model.vault." + key, value));
    return NodeConfig.from(NodeConfig.load(all)).model().vault().orElseThrow();
  }
}
