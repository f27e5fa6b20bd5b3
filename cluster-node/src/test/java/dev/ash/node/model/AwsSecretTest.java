package dev.ash.node.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.ash.config.InvalidConfigException;
import dev.ash.config.NodeConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The real client of AWS against a server that checks its signature. */
@Timeout(60)
final class AwsSecretTest {
  private static final String ARN =
      "arn:aws:secretsmanager:eu-central-1:123456789012:secret:ash/anthropic-AbCdEf";

  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client = HttpClient.newHttpClient();
  private HttpServer server;
  private volatile int status = 200;
  private volatile String body = "{}";

  @BeforeAll
  static void installKey() {
    AwsSignature.install();
  }

  @AfterAll
  static void removeKey() {
    AwsSignature.remove();
  }

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(threads);
    server.createContext(
        "/",
        exchange -> {
          var sent = exchange.getRequestBody().readAllBytes();
          var target = exchange.getRequestHeaders().getFirst("X-Amz-Target");
          var good = AwsSignature.isGood(exchange, sent, "eu-central-1", "secretsmanager");
          asked.add(target + " " + new String(sent, UTF_8) + " " + good);
          var answer =
              good
                  ? body.replace("%", Integer.toString(asked.size()))
                  : "{\"__type\":\"InvalidSignatureException\"}";
          exchange.getResponseHeaders().set("content-type", "application/x-amz-json-1.1");
          exchange.sendResponseHeaders(good ? status : 403, answer.getBytes(UTF_8).length);
          exchange.getResponseBody().write(answer.getBytes(UTF_8));
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    client.close();
    threads.close();
  }

  @Test
  void aFieldIsReadOnceForAllAndAnewWhenItIsRefused() throws Exception {
    body = "{\"SecretString\":\"{\\\"key\\\":\\\"sk-%\\\"}\"}";
    try (var stores = stores(Map.of())) {
      var credentials = credentials(stores, "aws-secret://" + ARN + "#key");
      var calls = new ArrayList<Callable<Map<String, String>>>();
      for (var i = 0; i < 40; i++) {
        calls.add(() -> headers(credentials));
      }
      for (var outcome : threads.invokeAll(calls)) {
        assertThat(outcome.get()).containsExactly(Map.entry("x-api-key", "sk-1"));
      }
      assertThat(asked)
          .containsExactly("secretsmanager.GetSecretValue {\"SecretId\":\"" + ARN + "\"} true");

      assertThat(credentials.refused(Map.of("x-api-key", "sk-1"))).isTrue();

      assertThat(headers(credentials)).containsExactly(Map.entry("x-api-key", "sk-2"));
    }
  }

  @Test
  void theLastValueStandsWhileAwsIsAway() {
    body = "{\"SecretString\":\"sk-whole\\n\"}";
    try (var stores = stores(Map.of())) {
      var credentials = credentials(stores, "aws-secret://ash/anthropic");
      var first = headers(credentials);
      assertThat(first).containsExactly(Map.entry("x-api-key", "sk-whole"));

      status = 400;
      body = "{\"__type\":\"DecryptionFailure\"}";
      assertThat(credentials.refused(first)).isTrue();

      assertThat(headers(credentials)).isEqualTo(first);
      assertThat(asked).hasSize(2);
    }
  }

  @Test
  void whatCannotBeReadIsSaidWithoutWhatAwsWrote() {
    status = 400;
    body = "{\"__type\":\"ResourceNotFoundException\",\"message\":\"quoted-canary\"}";
    try (var stores = stores(Map.of())) {
      assertThatThrownBy(() -> headers(credentials(stores, "aws-secret://ash/none#key")))
          .rootCause()
          .hasMessage("aws-secret://ash/none#key: AWS answered 400 ResourceNotFoundException");

      status = 200;
      body = "{\"SecretString\":\"{\\\"other\\\":\\\"x\\\"}\"}";
      assertThatThrownBy(() -> headers(credentials(stores, "aws-secret://ash/none#key")))
          .rootCause()
          .hasMessage("aws-secret://ash/none#key holds no text, or none of that field");
    }
  }

  @Test
  void aServerThatIsAwayIsSaid() {
    server.stop(0);
    try (var stores = stores(Map.of())) {
      assertThatThrownBy(() -> headers(credentials(stores, "aws-secret://ash/none")))
          .rootCause()
          .hasMessageStartingWith("aws-secret://ash/none: AWS could not be asked (");
    }
  }

  @Test
  void aPlaceOrARegionThatIsNoneStopsTheStart() {
    try (var stores = stores(Map.of("ash.model.aws.region", ""))) {
      assertThatThrownBy(() -> credentials(stores, "aws-secret://ash/none"))
          .hasMessageStartingWith("AWS_REGION: not set");
    }
    assertThatThrownBy(() -> stores(Map.of("ash.model.aws.region", "eu.evil/")))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageStartingWith("AWS_REGION: eu.evil/");
    assertThatThrownBy(() -> stores(Map.of("ash.model.aws.secrets-endpoint", "nowhere")))
        .hasMessageStartingWith("AWS_ENDPOINT_URL_SECRETS_MANAGER: nowhere");
    assertThatThrownBy(() -> key("aws-secret://#x"))
        .hasMessageStartingWith("ANTHROPIC_API_KEY: aws-secret: and no place in it (expected: ");
  }

  private SecretStores stores(Map<String, String> settings) {
    var all = new HashMap<String, String>();
    all.put("ash.model.aws.region", "eu-central-1");
    all.put("ash.model.aws.secrets-endpoint", "http://127.0.0.1:" + server.getAddress().getPort());
    all.putAll(settings);
    var model = NodeConfig.from(NodeConfig.load(all)).model();
    return new SecretStores(model.vault(), model.aws(), threads);
  }

  private Credentials credentials(SecretStores stores, String key) {
    return new Credentials(key(key).model().upstreams().getLast().credential(), stores, client);
  }

  private static NodeConfig key(String key) {
    return NodeConfig.from(NodeConfig.load(Map.of("ash.model.api-key", key)));
  }

  private static Map<String, String> headers(Credentials credentials) {
    return credentials.headers().toCompletableFuture().join();
  }
}
