package dev.ash.node.gateways;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ash.node.e2e.StrictClient;
import dev.ash.node.faults.RealAgent;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real agent at somebody's desk, with nothing but the two variables of the gateway's guide: the
 * quick start and the manual checks.
 */
@Tag("soak")
@Timeout(120)
final class AgentByHandIT {
  private static final String TOKEN = "gw-0123456789abcdef0123456789abcdef";
  private static final String PROVIDER_KEY = "canary-provider-key";

  @TempDir private Path folder;
  private AgentAtDesk desk;
  private ScriptedModel model;

  @BeforeEach
  void start() throws IOException {
    desk = AgentAtDesk.in(folder);
    model = ScriptedModel.start(ScriptedModel.Options.onPort(0).requiringKey(PROVIDER_KEY));
  }

  @AfterEach
  void stop() {
    if (model != null) {
      model.close();
    }
  }

  @Test
  void answersThroughTheGatewayAndIsFoundInItsAudit() throws Exception {
    try (var gateway = gateway(100)) {
      var answer = ask(gateway.url(), TOKEN, "-p", "Hello world");

      assertThat(answer.out()).contains("You wrote: \"Hello world\"");
      assertThat(answer.code()).isZero();
      assertThat(model.calls().getLast().header("user-agent").orElseThrow())
          .startsWith("claude-cli/");
      await()
          .untilAsserted(
              () ->
                  assertThat(gateway.audit())
                      .anySatisfy(
                          line ->
                              assertThat(line)
                                  .contains("claude-code-team", "/v1/messages")
                                  .doesNotContain(TOKEN, "Hello world")));
    }
  }

  @Test
  void theFirstPartIsShownWhileTheModelGoesOn() throws Exception {
    var script = "SCN:[{\"text\":\"1 2 3 4 5 6 7 8 9 10\",\"chunk\":2,\"gate\":\"count\"}]";
    try (var gateway = gateway(100);
        var agent =
            OwnedTerminal.start(
                desk.command(
                    gateway.url(),
                    TOKEN,
                    Map.of(),
                    "-p",
                    script,
                    "--output-format",
                    "stream-json",
                    "--include-partial-messages",
                    "--verbose"))) {
      model.release("count", 1);
      agent.awaitText("text_delta");
      assertThat(agent.text()).doesNotContain("\"subtype\":\"success\"");

      model.release("count", 20);
      assertThat(agent.rest()).contains("\"subtype\":\"success\"");
      assertThat(agent.code()).isZero();
    }
  }

  @Test
  void saysThatATokenIsNoGood() throws Exception {
    try (var gateway = gateway(100)) {
      var answer = ask(gateway.url(), "gw-not-this-one-0123456789", "-p", "Hello world");

      assertThat(answer.code()).isNotZero();
      assertThat(answer.out()).contains("401");
      assertThat(model.requests()).isZero();
    }
  }

  @Test
  void saysThatALimitIsReached() throws Exception {
    try (var gateway = gateway(1)) {
      ask(gateway.url(), TOKEN, "-p", "Hello world");
      var answer = ask(gateway.url(), TOKEN, "-p", "Hello world");

      assertThat(answer.code()).isNotZero();
      assertThat(answer.out()).containsIgnoringCase("limit");
    }
  }

  @Test
  void itsPanelShowsTheGateway() throws Exception {
    TestTools.require("script", "--version");
    // What it would ask a person at its first start.
    var known = StrictClient.object().put("hasCompletedOnboarding", true).put("theme", "dark");
    known
        .putObject("projects")
        .putObject(desk.work().toString())
        .put("hasTrustDialogAccepted", true);
    Files.writeString(desk.home().resolve(".claude.json"), known.toString());
    try (var gateway = gateway(100)) {
      var agent = RealAgent.program().toString();
      var environment = desk.command(gateway.url(), TOKEN, Map.of()).environment();
      var terminal =
          new ProcessBuilder(
                  "script", "-qec", "stty rows 50 cols 200; exec '" + agent + "'", "/dev/null")
              .directory(desk.work().toFile())
              .redirectErrorStream(true);
      terminal.environment().clear();
      terminal.environment().putAll(environment);
      try (var panel = OwnedTerminal.start(terminal)) {
        panel.awaitText("/effort");
        panel.type("/status");
        panel.awaitText("Show version, account, model");
        panel.type("\r");
        panel.awaitText("Auth token: ANTHROPIC_AUTH_TOKEN");
        panel.awaitText("Anthropic base URL: " + gateway.url());
      }
    }
  }

  private OwnGateway gateway(int requestsPerMinute) throws Exception {
    return OwnGateway.start(folder, model.url(), PROVIDER_KEY, TOKEN, requestsPerMinute);
  }

  private AgentAtDesk.Answer ask(String url, String token, String... arguments) throws Exception {
    return desk.ask(desk.command(url, token, Map.of(), arguments));
  }
}
