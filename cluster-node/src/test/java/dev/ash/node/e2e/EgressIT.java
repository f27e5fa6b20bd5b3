package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.ash.node.e2e.EventStream.Frame;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What the real agent and hostile programs in its sandbox reach, and what they do not. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class EgressIT {
  /** The node's machine, under an address that programs do not take for their own. */
  private static final String SIDECAR = "127.0.0.2";

  private static final String PROXY = "/dev/tcp/127.0.0.1/3128";

  private final Queue<String> asked = new ConcurrentLinkedQueue<>();
  private HttpServer sidecar;
  private HttpServer unlisted;
  private RealAgent agent;

  @BeforeAll
  void start() throws IOException {
    sidecar = server();
    unlisted = server();
    agent =
        RealAgent.start(
            Map.of(
                "ASH_SANDBOX_NETWORK",
                "restricted",
                "ASH_SANDBOX_ALLOW",
                "%s:%d, localhost:%d, 169.254.0.0/16:80"
                    .formatted(SIDECAR, port(sidecar), port(sidecar))));
    AgentFolders.plain(agent.client(), "plain");
  }

  @AfterAll
  void end() throws IOException {
    sidecar.stop(0);
    unlisted.stop(0);
    if (agent != null) {
      agent.close();
    }
  }

  @Test
  void theAgentCallsAnMcpServerOverHttp() {
    var servers = StrictClient.object();
    servers
        .putObject("mcpServers")
        .putObject("web")
        .put("type", "http")
        .put("url", "http://%s:%d/mcp".formatted(SIDECAR, port(sidecar)));
    var upload = AgentFolders.upload("web", Map.of(".mcp.json", servers.toString()));
    agent.client().post("/api/agents", upload.toString()).expect(201);
    var id = agent.client().createSession("web");

    var results = results(id, "{\"tool\":\"mcp__web__tell\",\"input\":{}}");

    assertThat(results).singleElement().asString().contains("it is a heron");
    assertThat(asked).anyMatch(request -> request.contains("tools/call"));
  }

  @Test
  void onlyWhatIsListedIsReached() {
    var id = agent.client().createSession("plain");
    var port = port(sidecar);

    assertThat(run(id, "grep -c : /proc/net/dev; env | grep -ic '_proxy=http://127.0.0.1:3128'"))
        .isEqualTo("1\n4\n");
    assertThat(
            run(
                id,
                "timeout 2 bash -c 'exec 3<>/dev/tcp/%s/%d' || echo no".formatted(SIDECAR, port)))
        .isEqualTo("no\n");
    assertThat(proxied(id, "GET http://%s:%d/x HTTP/1.1".formatted(SIDECAR, port)))
        .startsWith("HTTP/1.1 405 ");
    assertThat(proxied(id, "CONNECT %s:%d HTTP/1.1".formatted(SIDECAR, port(unlisted))))
        .startsWith("HTTP/1.1 403 ")
        .contains(SIDECAR + ":" + port(unlisted), "operator does not list it", "ASH_SANDBOX_ALLOW");
    assertThat(proxied(id, "CONNECT 169.254.169.254:80 HTTP/1.1"))
        .startsWith("HTTP/1.1 403 ")
        .contains("metadata");
    assertThat(proxied(id, "CONNECT localhost:%d HTTP/1.1".formatted(port)))
        .startsWith("HTTP/1.1 403 ")
        .contains("private address");
    assertThat(proxied(id, "CONNECT 0x7f000002:%d HTTP/1.1".formatted(port)))
        .startsWith("HTTP/1.1 400 ");
    assertThat(agent.client().get("/api/sessions/" + id + "/logs").expect(200).text())
        .contains("Network: no connection to " + SIDECAR + ":" + port(unlisted))
        .contains("Network: no connection to 169.254.169.254:80");
  }

  @Test
  void aSessionNarrowsAndCannotWiden() {
    var request = StrictClient.object().put("agent", "plain");
    request
        .putObject("extraEnv")
        .put("ASH_SANDBOX_ALLOW", "example.org, %s:%d".formatted(SIDECAR, port(unlisted)));
    var id = agent.client().createSession(request);

    assertThat(proxied(id, "CONNECT %s:%d HTTP/1.1".formatted(SIDECAR, port(sidecar))))
        .contains("the agent or the session does not list it");
    assertThat(proxied(id, "CONNECT %s:%d HTTP/1.1".formatted(SIDECAR, port(unlisted))))
        .contains("operator does not list it");

    var unreadable = StrictClient.object().put("agent", "plain");
    unreadable.putObject("extraEnv").put("ASH_SANDBOX_ALLOW", "http://example.org");
    assertThat(say(agent.client().createSession(unreadable), "\"x\"").toString())
        .contains("ASH_SANDBOX_ALLOW of the agent or session: http://example.org");
  }

  @Test
  void aHostileProgramHurtsOnlyItself() {
    var hostile = agent.client().createSession("plain");
    var script =
        """
        for i in $(seq 150); do
          (exec 3<>%s && printf 'CONNECT x' >&3; head -c 300000 /dev/urandom >&3) 2>/dev/null &
        done
        sleep 1; for i in $(seq 150); do (exec 3<>%s; exec sleep 20) 2>/dev/null & done
        echo begun
        """
            .formatted(PROXY, PROXY);
    assertThat(run(hostile, "(" + script + ") & sleep 3; echo ok")).contains("begun", "ok");

    var other = agent.client().createSession("plain");
    assertThat(proxied(other, "GET http://%s:%d/x HTTP/1.1".formatted(SIDECAR, port(sidecar))))
        .startsWith("HTTP/1.1 405 ");
    assertThat(results(other, "{\"tool\":\"Bash\",\"input\":{\"command\":\"echo alive\"}}"))
        .singleElement()
        .asString()
        .contains("alive");
    agent.client().post("/api/sessions/" + hostile + "/stop").expect(200);
  }

  @Test
  void withoutANetworkThereIsNoProxyEither() throws IOException {
    try (var node = StartedNode.start(Map.of())) {
      var id = node.client().createSession(AgentFolders.plain(node.client(), "plain"));
      var seen =
          node.client()
              .exec(
                  id,
                  "ls /run/host; grep -c : /proc/net/dev; env | grep -ic proxy;"
                      + " (exec 3<>%s) 2>/dev/null || echo no".formatted(PROXY));
      assertThat(seen.get("stdout").asText()).isEqualTo("bridge.sock\nmodel.sock\n1\n0\nno\n");
    }
  }

  private String proxied(String id, String request) {
    return run(
        id,
        "exec 3<>%s; printf '%%s\\r\\n\\r\\n' '%s' >&3; timeout 10 cat <&3"
            .formatted(PROXY, request));
  }

  private String run(String id, String command) {
    return agent
        .client()
        .exec(id, "bash -c \"$(cat <<'END'\n" + command + "\nEND\n)\"")
        .get("stdout")
        .asText();
  }

  private List<String> results(String id, String call) {
    return say(id, call + ",\"end\"").stream()
        .filter(frame -> frame.event().equals("tool_result"))
        .map(Frame::data)
        .toList();
  }

  private List<Frame> say(String id, String steps) {
    return agent.client().say(id, "SCN:[" + steps + "]");
  }

  private static int port(HttpServer server) {
    return server.getAddress().getPort();
  }

  private HttpServer server() throws IOException {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral(SIDECAR), 0), 0);
    server.createContext("/", this::answer);
    server.start();
    return server;
  }

  /** An MCP server with one tool. */
  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      var request = Json.parse(body);
      if (!exchange.getRequestMethod().equals("POST") || request.isEmpty()) {
        exchange.sendResponseHeaders(405, -1);
        return;
      }
      var method = request.get().path("method").asText();
      asked.add(method);
      if (!request.get().has("id")) {
        exchange.sendResponseHeaders(202, -1);
        return;
      }
      var result =
          switch (method) {
            case "initialize" ->
                """
                {"protocolVersion":"2024-11-05","capabilities":{"tools":{}},
                 "serverInfo":{"name":"web","version":"1"}}""";
            case "tools/list" ->
                """
                {"tools":[{"name":"tell","description":"Tells a bird",
                  "inputSchema":{"type":"object"}}]}""";
            case "tools/call" ->
                """
                {"content":[{"type":"text","text":"it is a heron"}]}""";
            default -> "{}";
          };
      var answer =
          "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":%s}"
              .formatted(request.get().get("id"), result)
              .getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().add("Content-Type", "application/json");
      exchange.sendResponseHeaders(200, answer.length);
      exchange.getResponseBody().write(answer);
    }
  }
}
