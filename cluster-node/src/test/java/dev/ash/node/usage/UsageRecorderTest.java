package dev.ash.node.usage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.session.JournalRows;
import dev.ash.persistence.table.UsageTable;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Marks;
import dev.ash.protocol.session.SessionEvent.AgentFolder;
import dev.ash.protocol.session.SessionEvent.AgentSaid;
import dev.ash.protocol.session.SessionEvent.Created;
import dev.ash.protocol.session.SessionSettings;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UsageRecorderTest {
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00.123Z");
  private static final TenantId ACME = new TenantId("acme");
  private static final SessionId GOOD = SessionId.of(new UUID(7, 1));
  private static final SessionId BAD = SessionId.of(new UUID(7, 2));

  @TempDir private Path folder = Path.of("");

  private static Created created() {
    return new Created(
        ACME,
        new AgentFolder(new AgentName("helper"), 1, Digest.of(new byte[0])),
        SessionSettings.NONE,
        Optional.empty(),
        Optional.empty(),
        new Marks(0, 1),
        NOW);
  }

  private static AgentSaid answered(long message) {
    return new AgentSaid(
        1,
        "{\"type\":\"result\",\"subtype\":\"success\",\"usage\":{\"input_tokens\":7}}",
        Optional.empty(),
        new Marks(message, message + 1),
        NOW);
  }

  private static boolean settled(UsageRecorder recorder) throws Exception {
    return recorder.settled().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private static double inputTokens(UsageTable table) {
    var all =
        new UsageTable.Filter(
            ACME, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    return table.totals(all).getOrDefault(UsageKind.INPUT_TOKENS.wireName(), 0.0);
  }

  @Test
  void aSessionThatCannotBeReadHoldsUpNobody() throws Exception {
    try (var journal = new JournalRows(folder)) {
      journal.add(BAD, created());
      journal.addUnreadable(BAD, answered(1));
      journal.add(GOOD, created());
      journal.add(GOOD, answered(1));
      var table = new UsageTable(journal.database());
      var recorder = new UsageRecorder(table, journal.log());
      try (recorder) {
        recorder.mark(BAD);
        recorder.mark(GOOD);
        assertThat(settled(recorder)).isTrue();
        assertThat(inputTokens(table)).isEqualTo(7);

        journal.add(GOOD, answered(2));
        recorder.mark(BAD);
        recorder.mark(GOOD);
        assertThat(settled(recorder)).isTrue();
        assertThat(inputTokens(table)).isEqualTo(14);
      }
      assertThat(settled(recorder)).isFalse();
    }
  }
}
