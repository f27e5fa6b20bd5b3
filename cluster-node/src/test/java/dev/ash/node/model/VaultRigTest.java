package dev.ash.node.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.jopenlibs.vault.Vault;
import io.github.jopenlibs.vault.VaultConfig;
import io.github.jopenlibs.vault.VaultException;
import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Another program's client of Vault takes our rig for one, so that what the node does at the rig is
 * what Vault would see. Vault itself cannot be had everywhere.
 */
@Timeout(30)
final class VaultRigTest {
  private final AtomicLong now = new AtomicLong(7);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private FakeVault rig;

  @BeforeEach
  void start() throws IOException {
    rig = new FakeVault(now::get, threads);
    rig.secretIds.add("secret-id-canary-1");
    rig.serviceAccounts.add(FakeVault.SERVICE_ACCOUNT);
  }

  @AfterEach
  void stop() {
    rig.close();
    threads.close();
  }

  @Test
  void aRealClientLogsInByAppRoleRenewsAndReads() throws VaultException {
    var login =
        client("").auth().loginByAppRole("approle", FakeVault.ROLE_ID, "secret-id-canary-1");
    assertThat(login.getAuthLeaseDuration()).isEqualTo(60);
    assertThat(login.isAuthRenewable()).isTrue();

    var client = client(login.getAuthClientToken());
    assertThat(client.auth().renewSelf().getAuthClientToken())
        .isEqualTo(login.getAuthClientToken());
    assertThat(client.logical().read("secret/ash/anthropic").getData())
        .containsEntry("key", rig.value);
  }

  @Test
  void aRealClientLogsInByKubernetes() throws VaultException {
    var login = client("").auth().loginByKubernetes("ash", FakeVault.SERVICE_ACCOUNT);

    assertThat(client(login.getAuthClientToken()).logical().read("secret/ash/anthropic").getData())
        .containsEntry("key", rig.value);
  }

  @Test
  void aRealClientIsRefusedAsTheNodeIs() throws VaultException {
    assertThatThrownBy(
            () -> client("").auth().loginByAppRole("approle", FakeVault.ROLE_ID, "another"))
        .hasMessageContaining("400")
        .hasMessageContaining("invalid role or secret ID");
    assertThat(client("nobodys").logical().read("secret/ash/anthropic").getRestResponse())
        .satisfies(response -> assertThat(response.getStatus()).isEqualTo(403));
  }

  private Vault client(String token) throws VaultException {
    return Vault.create(
        new VaultConfig().address(rig.address().toString()).token(token).build(), 2);
  }
}
