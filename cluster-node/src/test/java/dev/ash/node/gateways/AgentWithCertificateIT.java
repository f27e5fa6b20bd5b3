package dev.ash.node.gateways;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ash.scriptedmodel.ScriptedModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The real agent before our gateway, which asks it for a certificate. */
@Tag("soak")
@Timeout(150)
final class AgentWithCertificateIT {
  private static final String TOKEN = "gw-0123456789abcdef0123456789abcdef";
  private static final String PROVIDER_KEY = "canary-provider-key";

  @TempDir private Path folder;
  private AgentAtDesk desk;
  private ScriptedModel model;
  private OwnAuthority authority;

  @BeforeEach
  void start() throws Exception {
    desk = AgentAtDesk.in(folder);
    authority = OwnAuthority.in(Files.createDirectory(folder.resolve("authority")));
    model = ScriptedModel.start(ScriptedModel.Options.onPort(0).requiringKey(PROVIDER_KEY));
  }

  @AfterEach
  void stop() {
    if (model != null) {
      model.close();
    }
  }

  @Test
  void isLetInWithItsCertificateAndNotWithoutOneOrWithARevokedOne() throws Exception {
    var agent = authority.issued("agent", "DNS:agent.example");
    var gone = authority.issued("gone", "DNS:gone.example");
    authority.revoke(gone);
    try (var gateway =
        OwnGateway.withCertificates(folder, model.url(), PROVIDER_KEY, TOKEN, authority)) {
      for (var none : java.util.List.of(Optional.<OwnAuthority.Pair>empty(), Optional.of(gone))) {
        var refused = ask(gateway.url(), none);
        assertThat(refused.code()).as(refused.out()).isNotZero();
        assertThat(refused.out()).doesNotContain("You wrote");
      }
      assertThat(model.requests()).isZero();
      var answer = ask(gateway.url(), Optional.of(agent));
      assertThat(answer.out()).contains("You wrote: \"Hello world\"");
      assertThat(answer.code()).isZero();
      await()
          .untilAsserted(
              () ->
                  assertThat(gateway.audit())
                      .anySatisfy(line -> assertThat(line).contains("claude-code-team")));
      // Nobody else got through TLS: a call of theirs would have its line before that one.
      assertThat(gateway.audit())
          .filteredOn(line -> line.contains("\"gateway_endpoint\":\"/v1/"))
          .allSatisfy(line -> assertThat(line).contains("claude-code-team"));
    }
  }

  private AgentAtDesk.Answer ask(String url, Optional<OwnAuthority.Pair> pair) throws Exception {
    var more = new HashMap<>(Map.of("NODE_EXTRA_CA_CERTS", authority.certificate().toString()));
    pair.ifPresent(
        shown -> {
          more.put("CLAUDE_CODE_CLIENT_CERT", shown.certificate().toString());
          more.put("CLAUDE_CODE_CLIENT_KEY", shown.key().toString());
        });
    return desk.ask(desk.command(url, TOKEN, more, "-p", "Hello world"));
  }
}
