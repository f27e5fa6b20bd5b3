package dev.ash.node.model;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.ash.config.BudgetConfig;
import dev.ash.config.ModelConfig;
import dev.ash.config.NodeConfig;
import dev.ash.config.UpstreamConfig;
import dev.ash.node.credentials.SessionCredentials.Choice;
import dev.ash.protocol.id.SessionId;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorSystem;

/** A scripted model, the node's proxy before it, and a ledger: what one session's calls meet. */
final class ModelRig implements AutoCloseable {
  private final Path folder;
  private final ActorSystem<?> system;
  private final SessionId session;
  private final TestLedger ledger;
  private final ScriptedModel model;
  private final List<ModelNotice> notices = new CopyOnWriteArrayList<>();
  private final List<Runnable> between = new ArrayList<>();
  private Optional<SocketModelProxy> proxy = Optional.empty();
  private volatile CompletionStage<Choice> key =
      CompletableFuture.completedStage(new Choice.OfNode());

  /** Nothing listens yet. */
  ModelRig(Path folder, ActorSystem<?> system, SessionId session) throws IOException {
    this.folder = folder;
    this.system = system;
    this.session = session;
    this.ledger = TestLedger.open(folder);
    this.model = ScriptedModel.start(0);
  }

  /** A server between proxy and model, ended with them. */
  <T> T owning(T server, Consumer<T> end) {
    between.add(() -> end.accept(server));
    return server;
  }

  /** Begins anew with these settings of a node. */
  void listen(Map<String, ?> settings) throws IOException {
    listen(NodeConfig.from(NodeConfig.load(settings)).model());
  }

  /** Begins anew with these servers. */
  void listen(List<UpstreamConfig> upstreams, List<BudgetConfig> budgets) throws IOException {
    listen(ModelConfigs.of(upstreams, Duration.ofSeconds(20), budgets));
  }

  void listen(ModelConfig config) throws IOException {
    if (proxy.isPresent()) {
      proxy.get().close();
    }
    var next = new SocketModelProxy(system, config, ledger.needs(_ -> key));
    proxy = Optional.of(next);
    next.listen(TestLedger.account(session, notices::add), socket());
  }

  /** What comes of a message that makes the model do as the script says. */
  RawClient.Answer call(String script, boolean stream) throws IOException {
    return RawClient.call(socket(), RawClient.post("/v1/messages", ask(script, stream)));
  }

  /** The body of such a message. */
  static String ask(String script, boolean stream) {
    var request = JsonNodeFactory.instance.objectNode();
    request.put("model", "m").put("max_tokens", 60).put("stream", stream);
    request.putArray("messages").addObject().put("role", "user").put("content", "SCN:" + script);
    return request.toString();
  }

  /** Whose key the session has from now on. */
  void hasKey(CompletionStage<Choice> choice) {
    key = choice;
  }

  Path socket() {
    return folder.resolve("model.sock");
  }

  TestLedger ledger() {
    return ledger;
  }

  ScriptedModel model() {
    return model;
  }

  SocketModelProxy proxy() {
    return proxy.orElseThrow();
  }

  List<ModelNotice> notices() {
    return notices;
  }

  /** Ends all of it, and fails when a call is left. */
  @Override
  public void close() throws IOException {
    proxy().close();
    between.forEach(Runnable::run);
    model.close();
    await().until(() -> proxy().stats().open() == 0);
    ledger.close();
  }
}
