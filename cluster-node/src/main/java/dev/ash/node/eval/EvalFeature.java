package dev.ash.node.eval;

import dev.ash.config.EvalConfig;
import dev.ash.node.session.Sessions;
import dev.ash.persistence.Database;
import dev.ash.persistence.table.EvalCaseTable;
import dev.ash.persistence.table.EvalRunTable;
import dev.ash.persistence.table.EvalWork;
import dev.ash.persistence.table.VersionTable;
import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.apache.pekko.stream.Materializer;

/** Starts the evals of a node. */
public final class EvalFeature implements AutoCloseable {
  private final EvalRunner runner;
  private final Evals evals;

  /**
   * What the feature needs of its node.
   *
   * @param sandboxes how many the node has
   * @param blocking runs what waits for the database
   */
  public record Needs(
      Database database,
      Sessions sessions,
      Materializer materializer,
      EvalConfig config,
      int sandboxes,
      InstantSource clock,
      Supplier<UUID> ids,
      Executor blocking) {}

  public EvalFeature(Needs needs) {
    var runs = new EvalRunTable(needs.database());
    this.runner =
        new EvalRunner(
            new EvalWork(needs.database()),
            runs,
            needs.sessions(),
            needs.materializer(),
            needs.config(),
            Math.min(needs.config().parallel(), Math.max(1, needs.sandboxes() / 2)),
            needs.ids().get().toString(),
            needs.clock());
    this.evals =
        new StoredEvals(
            new EvalCaseTable(needs.database()),
            runs,
            new VersionTable(needs.database()),
            needs.clock(),
            needs.ids(),
            runner::wake,
            needs.blocking());
  }

  public Evals evals() {
    return evals;
  }

  /** Gives cases that are under way to other nodes, or to this one when it starts again. */
  @Override
  public void close() {
    runner.close();
  }
}
