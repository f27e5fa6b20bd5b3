package dev.ash.node.clusterfaults;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.ash.node.e2e.StrictClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * The one question of the Kubernetes API that a node asks: which pods have a label. Answered over
 * TLS, to the service account's token only: ({@code GET
 * /api/v1/namespaces/{namespace}/pods?labelSelector=}).
 */
final class PodList implements AutoCloseable {
  private static final String TOKEN = "token-of-the-service-account";

  /** A pod as the list shows it. */
  record Pod(String name, String app, String address, String phase, int management) {}

  private final Path folder;
  private final HttpsServer server;
  private final String namespace;
  private final List<Pod> pods;
  private final Queue<String> refusals = new ConcurrentLinkedQueue<>();

  private PodList(Path folder, HttpsServer server, String namespace, List<Pod> pods) {
    this.folder = folder;
    this.server = server;
    this.namespace = namespace;
    this.pods = List.copyOf(pods);
  }

  /**
   * Listens, and leaves in the folder what Kubernetes mounts into a pod.
   *
   * @param folder has {@code cert.pem} and {@code key.pem} of 127.0.0.1
   */
  static PodList start(Path folder, String namespace, List<Pod> pods)
      throws IOException, GeneralSecurityException, InterruptedException {
    var store = folder.resolve("api.p12");
    OpenSsl.run(
        folder,
        List.of(
            "pkcs12",
            "-export",
            "-in",
            folder.resolve("cert.pem").toString(),
            "-inkey",
            folder.resolve("key.pem").toString(),
            "-passout",
            "pass:changeit",
            "-out",
            store.toString()));
    Files.copy(folder.resolve("cert.pem"), folder.resolve("ca.crt"));
    Files.writeString(folder.resolve("token"), TOKEN);
    Files.writeString(folder.resolve("namespace"), namespace);
    var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(
        KeyStore.getInstance(store.toFile(), "changeit".toCharArray()), "changeit".toCharArray());
    var tls = SSLContext.getInstance("TLS");
    tls.init(keys.getKeyManagers(), null, null);
    var server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    var list = new PodList(folder, server, namespace, pods);
    server.createContext("/", list::answer);
    server.start();
    return list;
  }

  int port() {
    return server.getAddress().getPort();
  }

  /** What a node's JVM needs to find the mounted files here. */
  List<String> jvmOptions() {
    var settings = "-Dpekko.discovery.kubernetes-api.";
    return List.of(
        settings + "api-ca-path=" + folder.resolve("ca.crt"),
        settings + "api-token-path=" + folder.resolve("token"),
        settings + "pod-namespace-path=" + folder.resolve("namespace"));
  }

  /** Every request that was refused, with the status. */
  List<String> refusals() {
    return List.copyOf(refusals);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      var status = status(exchange);
      var body = new byte[0];
      if (status == 200) {
        body = list(exchange.getRequestURI().getQuery()).getBytes(UTF_8);
      } else {
        refusals.add(status + " " + exchange.getRequestURI());
      }
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private int status(HttpExchange exchange) {
    if (!("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
      return 401;
    }
    var path = "/api/v1/namespaces/" + namespace + "/pods";
    return exchange.getRequestURI().getPath().equals(path) ? 200 : 403;
  }

  private String list(String query) {
    var all = StrictClient.object().put("kind", "PodList").put("apiVersion", "v1");
    var items = all.putArray("items");
    for (var pod : pods) {
      if (query.equals("labelSelector=app=" + pod.app())) {
        add(items, pod);
      }
    }
    return all.toString();
  }

  private void add(ArrayNode items, Pod pod) {
    var item = items.addObject();
    var metadata = item.putObject("metadata");
    metadata.put("name", pod.name()).put("namespace", namespace);
    metadata.putObject("labels").put("app", pod.app());
    var container = item.putObject("spec").putArray("containers").addObject().put("name", "ash");
    var ports = container.putArray("ports");
    ports.addObject().put("name", "api").put("containerPort", 4100);
    ports.addObject().put("name", "management").put("containerPort", pod.management());
    var status = item.putObject("status").put("phase", pod.phase());
    if (pod.phase().equals("Running")) {
      status.put("podIP", pod.address());
    }
    var state = status.putArray("containerStatuses").addObject().put("name", "ash");
    state.putObject("state").putObject(pod.phase().equals("Running") ? "running" : "waiting");
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
