package dev.ash.node.session;

import dev.ash.node.bridge.Bridge;
import dev.ash.node.session.WorkerCommand.Setup;
import dev.ash.node.session.WorkerSignal.FilesSaved;
import dev.ash.node.workspace.Workspaces;
import dev.ash.node.workspace.Workspaces.TooLargeException;
import dev.ash.persistence.Database.DatabaseException;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.SessionId;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what must outlive a process: the files, as they were saved last, and the agent's
 * transcript. Belongs to the worker's thread; a save runs elsewhere, one at a time.
 */
final class ProcessSaver {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessSaver.class);

  /** How often the files of a process that is about to end are tried to be stored. */
  private static final int LAST_ATTEMPTS = 3;

  private static final Duration BEFORE_NEXT_ATTEMPT = Duration.ofMillis(500);

  /** After so long none is begun: somebody may wait for the place of a bridge that stands still. */
  private static final Duration ATTEMPTS_BEGIN_WITHIN = Duration.ofSeconds(90);

  private record Part(String path, List<String> lines) {}

  private final SessionId id;
  private final Workspaces workspaces;
  private final Transcripts transcripts;
  private final SandboxLog log;
  private final Executor blocking;
  private final List<Part> parts = new ArrayList<>();
  private Optional<Digest> newest = Optional.empty();
  private CompletableFuture<?> last = CompletableFuture.completedFuture(null);

  ProcessSaver(
      SessionId id,
      Workspaces workspaces,
      Transcripts transcripts,
      SandboxLog log,
      Executor blocking) {
    this.id = id;
    this.workspaces = workspaces;
    this.transcripts = transcripts;
    this.log = log;
    this.blocking = blocking;
  }

  /** The newest files as far as this worker has seen. */
  Optional<Digest> newest() {
    return newest;
  }

  void newest(Digest files) {
    newest = Optional.of(files);
  }

  /** A setup with the newest files; the entity may not have heard of them yet. */
  Setup upToDate(Setup given) {
    return newest
        .map(
            files ->
                new Setup(
                    given.tenant(),
                    given.agent(),
                    given.settings(),
                    Optional.of(files),
                    given.origin(),
                    given.talked()))
        .orElse(given);
  }

  void transcript(String path, List<String> lines) {
    parts.add(new Part(path, lines));
  }

  /**
   * Stores what the agent has written down; blocks for a commit each part. What cannot be stored
   * now is kept for the next time.
   */
  void flushTranscript() {
    try {
      while (!parts.isEmpty()) {
        var part = parts.getFirst();
        transcripts.append(id, part.path(), part.lines());
        parts.removeFirst();
      }
    } catch (DatabaseException e) {
      log.add("system", "Transcript not stored yet: " + e.getMessage());
    }
  }

  /**
   * Stores the files; never fails. Saves come one after the other, so that the one that began last
   * is also the one that is told last.
   *
   * @param setup what the process was made from: its files need not be read again
   * @param turn whose end waits for this, or 0
   */
  CompletableFuture<FilesSaved> save(Bridge bridge, Optional<Setup> setup, long turn) {
    return save(bridge, setup, turn, 1);
  }

  /**
   * Stores the files of a process that ends then, and takes them with it: a sandbox or a store that
   * is busy for a moment is tried again, and what is lost all the same is told to the operator.
   */
  CompletableFuture<FilesSaved> saveLast(Bridge bridge, Optional<Setup> setup) {
    return save(bridge, setup, 0, LAST_ATTEMPTS).thenApply(this::tellLoss);
  }

  private FilesSaved tellLoss(FilesSaved saved) {
    saved
        .failure()
        .ifPresent(
            why ->
                LOG.error(
                    "Session {}: its sandbox ends, and what changed there since the last save is"
                        + " lost: {}",
                    id,
                    why));
    return saved;
  }

  /** Whether a save is under way, or waits for the one before. */
  boolean isSaving() {
    return !last.isDone();
  }

  private CompletableFuture<FilesSaved> save(
      Bridge bridge, Optional<Setup> setup, long turn, int attempts) {
    var previous = newest.or(() -> setup.map(s -> s.workspace().orElse(s.agent().manifest())));
    var next =
        last.handle((_, _) -> turn)
            .thenComposeAsync(
                number ->
                    saved(
                        () -> saveNow(bridge, previous, number),
                        attempts,
                        System.nanoTime() + ATTEMPTS_BEGIN_WITHIN.toNanos(),
                        Runnable::run),
                blocking)
            .exceptionally(e -> new FilesSaved(turn, Optional.empty(), Optional.of("" + e)));
    last = next;
    return next;
  }

  /** What came of trying to save, and whether another try may end better. */
  private record Tried(FilesSaved saved, boolean mayEndBetter) {}

  private CompletableFuture<FilesSaved> saved(
      Supplier<Tried> save, int attempts, long until, Executor when) {
    return CompletableFuture.supplyAsync(save, when)
        .thenCompose(
            tried -> {
              if (!tried.mayEndBetter() || attempts == 1 || System.nanoTime() - until > 0) {
                return CompletableFuture.completedFuture(tried.saved());
              }
              LOG.warn(
                  "Session {}: its files are tried to be saved again: {}",
                  id,
                  tried.saved().failure().orElse(""));
              return saved(save, attempts - 1, until, laterBlocking());
            });
  }

  private Executor laterBlocking() {
    return CompletableFuture.delayedExecutor(
        BEFORE_NEXT_ATTEMPT.toMillis(), TimeUnit.MILLISECONDS, blocking);
  }

  private Tried saveNow(Bridge bridge, Optional<Digest> previous, long turn) {
    try {
      var manifest = workspaces.save(bridge, previous);
      return new Tried(
          new FilesSaved(
              turn,
              Optional.of(manifest).filter(m -> !Optional.of(m).equals(previous)),
              Optional.empty()),
          false);
    } catch (IOException e) {
      // What is too large will not be smaller the next time.
      return failed(turn, String.valueOf(e.getMessage()), !(e instanceof TooLargeException));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return failed(turn, "the node is shutting down", false);
    }
  }

  private static Tried failed(long turn, String why, boolean mayEndBetter) {
    return new Tried(new FilesSaved(turn, Optional.empty(), Optional.of(why)), mayEndBetter);
  }
}
