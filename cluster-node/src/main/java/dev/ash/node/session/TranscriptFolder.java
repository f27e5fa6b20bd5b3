package dev.ash.node.session;

import dev.ash.protocol.id.SessionId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/** The agent's transcripts as files again, where the agent will look for them. Blocks. */
final class TranscriptFolder {
  private static final String SUFFIX = ".jsonl";

  private TranscriptFolder() {}

  /**
   * Writes what is stored of a session; answers which conversation there is to go on with: its own,
   * or the last one that was led before it was forked. A fork of a fork has those of all ancestors.
   */
  static Optional<SessionId> restore(Transcripts transcripts, SessionId id, Path folder)
      throws IOException {
    Files.createDirectories(folder);
    var failure = new AtomicReference<IOException>();
    var newest = new AtomicReference<Optional<SessionId>>(Optional.empty());
    transcripts.read(
        id,
        (path, lines) -> {
          conversation(path).ifPresent(led -> newest.set(Optional.of(led)));
          try {
            var file = folder.resolve(path);
            Files.createDirectories(file.getParent());
            Files.writeString(
                file,
                lines + "\n",
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND,
                LinkOption.NOFOLLOW_LINKS);
          } catch (IOException e) {
            failure.set(e);
          }
        });
    if (failure.get() != null) {
      throw failure.get();
    }
    return Files.exists(folder.resolve(id.value() + SUFFIX)) ? Optional.of(id) : newest.get();
  }

  private static Optional<SessionId> conversation(String path) {
    return path.endsWith(SUFFIX)
        ? SessionId.parse(path.substring(0, path.length() - SUFFIX.length()))
        : Optional.empty();
  }
}
