package dev.ash.gateway.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.gateway.audit.Verdict.Result;
import dev.ash.protocol.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A chain that goes on, whatever happens to its file. */
final class AuditTrailTest {
  @TempDir Path folder;
  private Log log;

  @BeforeEach
  void place() {
    log = new Log(folder.resolve("audit.log"));
  }

  @Test
  void goesOnAfterARestart() throws Exception {
    log.add(2).add(2);

    assertThat(log.verify().text()).startsWith("whole: 4 lines, 1 to 4");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(log.file())))
        .isEqualTo("rw-------");
  }

  @Test
  void goesOnInANewFileWhenTheOldOneWasMovedAway() throws Exception {
    var old = folder.resolve("audit.log.1");
    try (var trail = log.open(Seal.plain())) {
      Log.add(trail, 3);
      Files.move(log.file(), old);
      Log.add(trail, 2);
    }

    assertThat(log.lines()).hasSize(2);
    assertThat(log.lines().getFirst())
        .startsWith("{\"seq\":4,\"prev\":\"" + hash(Files.readAllLines(old).getLast()));
    assertThat(verify(log.file(), old).text()).startsWith("whole: 5 lines, 1 to 5");
  }

  @Test
  void goesOnWhenTheFileWasMovedAndPackedWhileNothingRan() throws Exception {
    log.add(3);
    var packed = folder.resolve("audit.log.2.gz");
    try (var out = new GZIPOutputStream(Files.newOutputStream(packed))) {
      Files.copy(log.file(), out);
    }
    Files.delete(log.file());
    log.add(2);

    assertThat(verify(log.file(), packed).text()).startsWith("whole: 5 lines, 1 to 5");
    assertThat(log.verify().notes()).singleElement().asString().contains("begins with line 4");
  }

  @Test
  void tellsATornLineFromAChangedOneAndGoesOn() throws Exception {
    log.add(3);
    tear(20);

    var torn = log.verify();
    assertThat(torn.result()).isEqualTo(Result.WHOLE);
    assertThat(torn.text()).startsWith("whole: 2 lines");
    assertThat(torn.notes()).singleElement().asString().contains("bytes of a torn line");
    Files.delete(folder.resolve("audit.log.chain"));
    log.add(2);

    var whole = log.verify();
    assertThat(whole.text()).startsWith("whole: 5 lines, 1 to 5");
    assertThat(whole.notes()).singleElement().asString().contains("audit.log:4: ");
    var lines = log.lines();
    lines.set(2, lines.get(2).replace("sonnet", "haiku"));
    log.write(lines);
    assertThat(log.verify().text()).contains("audit.log:3: changed or put in");
    lines.remove(2);
    log.write(lines);
    assertThat(log.verify().text()).contains("audit.log:3: removed: before it stood");
  }

  @Test
  void aLineThatLacksOnlyItsEndIsWhole() throws Exception {
    log.add(3);
    tear(1);
    assertThat(log.verify().text()).startsWith("whole: 3 lines");
    log.add(1);

    assertThat(log.verify().text()).startsWith("whole: 4 lines, 1 to 4");
    assertThat(log.verify().notes()).isEmpty();
  }

  @Test
  void saysThatLinesWereCutOffWhileNothingRan() throws Exception {
    log.add(5);
    log.write(log.lines().subList(0, 3));
    log.add(1);

    assertThat(log.verify().text()).contains("removed before it: lines 4 to 5 of the chain");
  }

  @Test
  void goesOnBehindLinesOfAnOlderGateway() throws Exception {
    log.write(List.of("{\"status_code\":200}", "{\"status_code\":401}"));
    log.add(2);

    var verdict = log.verify();
    assertThat(verdict.text()).startsWith("whole: 3 lines, 1 to 3");
    assertThat(verdict.notes()).singleElement().asString().contains("bytes of none: 40");
  }

  @Test
  void anInterruptedThreadClosesTheFileForNobody() throws Exception {
    try (var trail = log.open(Seal.plain())) {
      Thread.currentThread().interrupt();
      Log.add(trail, 1);
      assertThat(Thread.interrupted()).isTrue();
      Log.add(trail, 1);
    }
    assertThat(log.verify().text()).startsWith("whole: 2 lines");
    assertThat(log.verify().notes()).isEmpty();
  }

  @Test
  void opensAgainWhatAnInterruptedThreadHasClosed() throws Exception {
    try (var sink = new FileSink(log.file())) {
      assertThat(sink.opened()).isPresent();
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> sink.write(new byte[] {'x'}))
          .isInstanceOf(Sink.ShortWriteException.class);
      sink.remember(new Link(1, "0".repeat(64)));
      assertThat(Thread.interrupted()).isTrue();

      assertThat(sink.opened()).isPresent();
      sink.write(new byte[] {'y'});
      sink.remember(new Link(2, "1".repeat(64)));
    }
    assertThat(log.file()).hasContent("y");
    assertThat(folder.resolve("audit.log.chain")).content().contains(":" + "1".repeat(64));
  }

  @Test
  void aSecondGatewayDoesNotWriteIntoTheSameFile() throws Exception {
    try (var _ = log.open(Seal.plain())) {
      assertThatThrownBy(() -> log.open(Seal.plain()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("is being written by another gateway");
    }
  }

  @Test
  void beginsAChainWithEachStartOnStandardOutput() throws Exception {
    var out = new ByteArrayOutputStream();
    for (var i = 0; i < 2; i++) {
      try (var trail = AuditTrail.toStream(out, Seal.plain(), Log.CLOCK)) {
        Log.add(trail, 2);
      }
    }
    Files.write(log.file(), out.toByteArray());

    assertThat(log.verify().result()).isEqualTo(Result.BROKEN);
    var verdict =
        new AuditVerifier(new AuditVerifier.Options(List.of(), Optional.empty(), true))
            .verify(List.of(log.file()));
    assertThat(verdict.text()).startsWith("whole: 4 lines");
    assertThat(verdict.notes()).singleElement().asString().contains("begins anew after 2");
  }

  /** A disk that has room for so many bytes more, and then for all. */
  private static final class Disk implements Sink {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private int room;
    private boolean opened;

    @Override
    public Optional<Found> opened() {
      var first = !opened;
      opened = true;
      return first ? Optional.of(Found.nothing()) : Optional.empty();
    }

    @Override
    public void write(byte[] bytes) throws ShortWriteException {
      var written = Math.min(room, bytes.length);
      out.write(bytes, 0, written);
      room -= written;
      if (written < bytes.length) {
        throw new ShortWriteException(written, new IOException("No space left on device"));
      }
    }

    @Override
    public void remember(Link last) {}

    @Override
    public void close() {}
  }

  @Test
  void whateverPartOfALineADiskTookTheChainIsWhole() throws Exception {
    var record = Json.object().put("model", "claude-sonnet-5");
    for (var first = 0; first < 420; first++) {
      for (var second : new int[] {0, 1, 2, 50, 200, 420}) {
        var disk = new Disk();
        var failed = 0;
        try (var trail = new AuditTrail(disk, Seal.plain(), Log.CLOCK)) {
          for (var room : new int[] {10_000, first, second, 0, 10_000}) {
            disk.room = room;
            failed += tried(trail, record) ? 0 : 1;
          }
          assertThat(trail.isFailing()).isFalse();
        }
        Files.write(log.file(), disk.out.toByteArray());
        var verdict = log.verify();
        assertThat(verdict.result()).as("%d %d %s", first, second, verdict).isEqualTo(Result.WHOLE);
        assertThat(lost()).as("%d %d", first, second).isEqualTo(failed).isPositive();
      }
    }
  }

  private static boolean tried(AuditTrail trail, com.fasterxml.jackson.databind.node.ObjectNode r) {
    try {
      return trail.append(r) > 0;
    } catch (IOException _) {
      return false;
    }
  }

  private long lost() throws IOException {
    return log.lines().stream()
        .flatMap(line -> Json.parse(line).stream())
        .mapToLong(line -> line.path("lost_lines").asLong())
        .sum();
  }

  private static Verdict verify(Path... files) throws IOException {
    return new AuditVerifier(new AuditVerifier.Options(List.of(), Optional.empty(), false))
        .verify(List.of(files));
  }

  private void tear(int bytes) throws IOException {
    try (var channel = java.nio.channels.FileChannel.open(log.file(), StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() - bytes);
    }
  }

  private static String hash(String line) {
    var end = line.getBytes(StandardCharsets.UTF_8).length - "\"}".length();
    return line.substring(end - 64, end);
  }
}
