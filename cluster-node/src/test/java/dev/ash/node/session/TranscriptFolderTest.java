package dev.ash.node.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.protocol.id.SessionId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TranscriptFolderTest {
  // In the order of names that is not the order in which they were led.
  private static final SessionId GRANDPARENT = id("a0000000-0000-4000-8000-000000000000");
  private static final SessionId PARENT = id("f0000000-0000-4000-8000-000000000000");
  private static final SessionId CHILD = id("c0000000-0000-4000-8000-000000000000");

  @TempDir private Path folder;

  private static SessionId id(String text) {
    return SessionId.of(UUID.fromString(text));
  }

  private static Stored stored(SessionId... led) {
    var stored = new Stored(new ArrayList<>());
    for (var id : led) {
      stored.append(CHILD, id.value() + ".jsonl", List.of("{}"));
      stored.append(CHILD, id.value() + "/subagents/one.jsonl", List.of("{}"));
    }
    return stored;
  }

  private record Chunk(String path, String lines) {}

  private record Stored(List<Chunk> chunks) implements Transcripts {
    @Override
    public void append(SessionId session, String path, List<String> lines) {
      chunks.add(new Chunk(path, String.join("\n", lines)));
    }

    @Override
    public void read(SessionId session, Reader reader) {
      chunks.forEach(chunk -> reader.chunk(chunk.path(), chunk.lines()));
    }

    @Override
    public void copy(SessionId from, SessionId to) {
      throw new UnsupportedOperationException();
    }
  }

  @Test
  void forkOfAForkGoesOnWithItsParentsConversation() throws IOException {
    assertThat(TranscriptFolder.restore(stored(GRANDPARENT, PARENT), CHILD, folder))
        .contains(PARENT);
  }

  @Test
  void forkOfAForkGoesOnWithItsParentsConversationWhateverTheNames() throws IOException {
    assertThat(TranscriptFolder.restore(stored(PARENT, GRANDPARENT), CHILD, folder))
        .contains(GRANDPARENT);
  }

  @Test
  void sessionThatHasSpokenGoesOnWithItsOwn() throws IOException {
    assertThat(TranscriptFolder.restore(stored(GRANDPARENT, CHILD, PARENT), CHILD, folder))
        .contains(CHILD);
  }

  @Test
  void nothingStoredIsANewConversation() throws IOException {
    assertThat(TranscriptFolder.restore(stored(), CHILD, folder)).isEmpty();
  }
}
