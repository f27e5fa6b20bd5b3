package dev.ash.node.clusterfaults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.node.e2e.StartedNode;
import dev.ash.node.e2e.StrictClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/** Nodes in processes of their own that form one cluster. */
public final class TestCluster implements AutoCloseable {
  public static final String SECRET = "secret-between-nodes";

  private static final Pattern MANAGEMENT = Pattern.compile("Management on (http://\\S+:\\d+)");

  private final List<StartedNode> nodes;

  private TestCluster(List<StartedNode> nodes) {
    this.nodes = List.copyOf(nodes);
  }

  /** On this machine's loopback address; returns when all are members that are up. */
  public static TestCluster start(TestPostgres postgres, int count, Map<String, String> more)
      throws IOException {
    var hosts = new ArrayList<Host>();
    for (var n = 0; n < count; n++) {
      hosts.add(new Host("127.0.0.1", TestPorts.free(), List.of()));
    }
    return start(postgres, hosts, more);
  }

  /**
   * Where a node runs.
   *
   * @param prefix of the command, for a network of its own
   */
  record Host(String address, int remotingPort, List<String> prefix) {}

  static TestCluster start(TestPostgres postgres, List<Host> hosts, Map<String, String> more)
      throws IOException {
    var seeds =
        hosts.stream()
            .map(h -> h.address() + ":" + h.remotingPort())
            .collect(Collectors.joining(","));
    var started = new ArrayList<Future<StartedNode>>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var host : hosts) {
        var env = new HashMap<>(more);
        env.put("ASH_DATABASE_URL", postgres.url());
        env.put("ASH_CLUSTER_SEEDS", seeds);
        env.put("ASH_NODE_HOST", host.address());
        env.put("ASH_HOST", host.address());
        env.put("ASH_REMOTING_PORT", Integer.toString(host.remotingPort()));
        env.put("ASH_INTERNAL_SECRET", SECRET);
        started.add(
            threads.submit(() -> StartedNode.start(env, List.of("-Xmx320m"), host.prefix())));
      }
    }
    var nodes = new ArrayList<StartedNode>();
    try {
      for (var node : started) {
        nodes.add(node.get());
      }
    } catch (ExecutionException e) {
      for (var node : nodes) {
        node.close();
      }
      throw new IOException("a node did not start", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    var cluster = new TestCluster(nodes);
    cluster.awaitUp(hosts.size());
    cluster.node(0).client().post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}");
    return cluster;
  }

  public StartedNode node(int index) {
    return nodes.get(index);
  }

  public List<StartedNode> nodes() {
    return nodes;
  }

  /** Those whose process runs. */
  List<StartedNode> living() {
    return nodes.stream().filter(StartedNode::isAlive).toList();
  }

  /** The management port of the node as it runs now. */
  static StrictClient management(StartedNode node) {
    var found = MANAGEMENT.matcher(node.output()).results().toList();
    assertThat(found).as(node::output).isNotEmpty();
    return new StrictClient(found.getLast().group(1), SECRET);
  }

  /** What a living node shows of all. */
  JsonNode overview() {
    return management(living().getFirst()).get("/nodes").expect(200).json();
  }

  /** Waits until every living node sees so many members that are up, and no other. */
  void awaitUp(int count) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(200))
        .untilAsserted(
            () -> {
              for (var node : living()) {
                var all = management(node).get("/nodes").expect(200).json().get("nodes");
                assertThat(all).hasSize(count);
                assertThat(all).allMatch(n -> n.get("status").asText().equals("up"));
                assertThat(all).allMatch(n -> n.get("reachable").asBoolean());
                assertThat(management(node).get("/health/ready").status()).isEqualTo(200);
              }
            });
  }

  @Override
  public void close() throws IOException {
    for (var node : nodes) {
      node.close();
    }
  }
}
