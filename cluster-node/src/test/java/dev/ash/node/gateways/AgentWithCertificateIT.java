package dev.ash.node.gateways;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ash.node.faults.RealAgent;
import dev.ash.scriptedmodel.ScriptedModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
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
  private Path home;
  private Path work;
  private ScriptedModel model;
  private OwnAuthority authority;

  @BeforeEach
  void start() throws Exception {
    RealAgent.program();
    home = Files.createDirectory(folder.resolve("home"));
    work = Files.createDirectory(folder.resolve("work"));
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

  private Answer ask(String url, Optional<OwnAuthority.Pair> pair) throws Exception {
    var builder =
        new ProcessBuilder(RealAgent.program().toString(), "-p", "Hello world")
            .directory(work.toFile());
    var environment =
        new TreeMap<>(
            Map.of(
                "HOME",
                home.toString(),
                "PATH",
                System.getenv("PATH"),
                "TERM",
                "xterm-256color",
                "ANTHROPIC_BASE_URL",
                url,
                "ANTHROPIC_AUTH_TOKEN",
                TOKEN,
                "NODE_EXTRA_CA_CERTS",
                authority.certificate().toString(),
                "CLAUDE_CODE_MAX_RETRIES",
                "0",
                "DISABLE_AUTOUPDATER",
                "1"));
    pair.ifPresent(
        shown -> {
          environment.put("CLAUDE_CODE_CLIENT_CERT", shown.certificate().toString());
          environment.put("CLAUDE_CODE_CLIENT_KEY", shown.key().toString());
        });
    builder.environment().clear();
    builder.environment().putAll(environment);
    try (var agent = OwnedTerminal.start(builder)) {
      var out = agent.rest();
      return new Answer(agent.code(), out);
    }
  }

  private record Answer(int code, String out) {}
}
