package dev.ash.node.session;

import dev.ash.node.driver.AgentDriver;
import dev.ash.node.driver.AgentDriver.Conversation;
import dev.ash.node.session.WorkerCommand.Run;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.session.TurnOptions;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The agent in one sandbox: starts it with the right conversation, replaces it when a turn's
 * options ask for another, tells it things. Belongs to the worker's thread; its stages complete
 * elsewhere.
 */
final class AgentControl {
  private static final Duration GRACE = Duration.ofSeconds(2);
  private static final int LAST_WORDS = 5;
  private static final String IN_USE = "already in use";
  private static final String CONTINUE =
      "\"The process that worked on my last message was lost before it was done. Look at what is"
          + " already there, then go on with it; do not repeat what is finished.\"";

  private final SessionId id;
  private final LiveProcess live;
  private final AgentDriver driver;
  private final SandboxLog log;
  private Optional<TurnOptions> running = Optional.empty();

  /** Whether this very sandbox holds a transcript of the session. */
  private boolean conversationHere;

  private boolean replacing;
  private long startedAt;

  AgentControl(SessionId id, LiveProcess live, AgentDriver driver, SandboxLog log) {
    this.id = id;
    this.live = live;
    this.driver = driver;
    this.log = log;
  }

  /** Completes when the agent has the prompt; starts or replaces it before, if need be. */
  CompletionStage<Void> prompt(Run run) {
    var options = run.options();
    var ready = ready(run);
    running = Optional.of(options);
    var line =
        driver.prompt(
            new AgentDriver.Prompt(
                run.turn(),
                run.continuation() ? CONTINUE : run.contentJson(),
                options,
                run.continuation() || run.setup().talked()));
    return ready.thenCompose(_ -> live.bridge().tellAgent(line));
  }

  private CompletionStage<Void> ready(Run run) {
    if (running.filter(started -> driver.serves(started, run.options())).isPresent()) {
      return CompletableFuture.completedFuture(null);
    }
    startedAt = log.next();
    var process = driver.process(conversation(run), run.options());
    if (running.isEmpty()) {
      return live.bridge().startAgent(process);
    }
    replacing = true;
    return live.bridge().stopAgent(GRACE).thenCompose(_ -> live.bridge().startAgent(process));
  }

  private Conversation conversation(Run run) {
    var made = live.conversation();
    return new Conversation(
        id,
        run.setup().settings(),
        made.environment(),
        made.given(),
        made.program(),
        made.hostSockets(),
        made.workspace(),
        made.home(),
        made.proxy(),
        conversationHere ? Optional.of(id) : made.from());
  }

  /** The prompt is told, so an agent that was replaced is gone. */
  void prompted() {
    replacing = false;
  }

  /** The agent has written down a part of a conversation. */
  void transcribed(String path) {
    conversationHere |= path.equals(id.value() + ".jsonl");
  }

  /** The agent is gone; empty when that was asked for, else why the turn is lost. */
  Optional<String> exited(int code) {
    if (replacing) {
      replacing = false;
      return Optional.empty();
    }
    running = Optional.empty();
    var words = log.last("stderr", startedAt, LAST_WORDS);
    // It died after it began its transcript and before it told us so.
    conversationHere |= words.contains(IN_USE);
    return Optional.of(
        "the agent's process ended with exit code " + code + (words.isEmpty() ? "" : ": " + words));
  }

  CompletionStage<Void> tell(String line) {
    return live.bridge().tellAgent(line);
  }

  CompletionStage<Void> interrupt(long turn) {
    return live.bridge().tellAgent(driver.interrupt("interrupt-" + turn));
  }

  /** Ends the agent without asking it. */
  CompletionStage<Void> kill() {
    return live.bridge().stopAgent(Duration.ZERO);
  }
}
