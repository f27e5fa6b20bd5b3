package dev.ash.gateway.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.gateway.audit.Verdict.Result;
import dev.ash.gateway.config.Secret;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is done to a log by somebody who can write it. */
final class AuditVerifierTest {
  @TempDir Path folder;
  private Log log;

  @BeforeEach
  void write() throws Exception {
    log = new Log(folder.resolve("audit.log")).add(5);
  }

  @Test
  void findsAnUntouchedLogWhole() throws Exception {
    var verdict = log.verify();

    assertThat(verdict.result()).isEqualTo(Result.WHOLE);
    assertThat(verdict.text()).startsWith("whole: 5 lines, 1 to 5 of the chain, not signed");
    assertThat(verdict.notes()).isEmpty();
  }

  @Test
  void namesALineThatWasChanged() throws Exception {
    var lines = log.lines();
    lines.set(2, lines.get(2).replace("sonnet", "haiku"));
    log.write(lines);

    broken(log.verify(), 3, "changed: its hash does not fit");
  }

  @Test
  void namesALineWhoseHashWasMadeToFitAgain() throws Exception {
    var lines = log.lines();
    lines.set(2, Log.forged(lines.get(2), "sonnet", "haiku", Seal.plain()));
    log.write(lines);

    broken(log.verify(), 4, "the hash of line 3 was another one");
  }

  @Test
  void namesASpaceMoreBecauseTheBytesAreSealed() throws Exception {
    var lines = log.lines();
    lines.set(1, lines.get(1).replace(",\"model\"", ", \"model\""));
    log.write(lines);

    broken(log.verify(), 2, "changed");
  }

  @Test
  void namesTheHoleOfLinesThatWereRemoved() throws Exception {
    var lines = log.lines();
    lines.subList(1, 3).clear();
    log.write(lines);

    broken(log.verify(), 2, "removed before it: lines 2 to 3 of the chain");
  }

  @Test
  void namesALineThatWasPutIn() throws Exception {
    var lines = log.lines();
    lines.add(3, lines.get(1));
    log.write(lines);
    broken(log.verify(), 4, "line 2 of the chain is there twice");

    lines.set(3, "{\"status_code\":200}");
    log.write(lines);
    broken(log.verify(), 4, "changed or put in");
  }

  @Test
  void namesALineBehindTheLastOne() throws Exception {
    Files.writeString(log.file(), "{\"seq\":6}", StandardOpenOption.APPEND);

    broken(log.verify(), 6, "changed or put in");
  }

  @Test
  void takesNoWholeRecordForATornLine() throws Exception {
    var head = ChainLine.head(log.verifiedLast());
    for (var put :
        List.of(
            head + ",\"status_code\":200}",
            head + ",\"status_code\":200} ",
            head + ",\"status_code\":200}{\"a",
            head + "\n{\"status_code\":200")) {
      var lines = String.join("\n", log.lines()) + "\n";
      Files.writeString(log.file(), lines + put);
      broken(log.verify(), 6, "changed or put in");
      Files.writeString(log.file(), lines);
    }
  }

  @Test
  void takesATornEndBeforeOtherFilesOnlyIfTheNextLineSaysSo() throws Exception {
    var old = Files.move(log.file(), folder.resolve("old.log"));
    var head = ChainLine.head(new Log(old).verifiedLast());
    log.add(1);
    var files = List.of(log.file(), old);
    var strict = new AuditVerifier.Options(List.of(), Optional.empty(), false);
    assertThat(new AuditVerifier(strict).verify(files).result()).isEqualTo(Result.WHOLE);
    Files.writeString(old, head + ",\"status_code\":2", StandardOpenOption.APPEND);

    var verdict = new AuditVerifier(strict).verify(files);
    assertThat(verdict.result()).isEqualTo(Result.UNKNOWN);
    assertThat(verdict.text()).startsWith(old + ":6: a torn line, or put in");
    // What is wrong behind it is found all the same.
    var first = log.lines();
    log.write(List.of(first.getFirst().replace("sonnet", "haiku")));
    assertThat(new AuditVerifier(strict).verify(files).result()).isEqualTo(Result.BROKEN);

    var whole = new Log(folder.resolve("told.log")).add(2);
    var gap = ChainLine.after(whole.verifiedLast(), ChainLine.gap(1, 0, ""), Seal.plain());
    Files.writeString(
        whole.file(), ChainLine.head(whole.verifiedLast()) + ",\"stat", StandardOpenOption.APPEND);
    var next = Files.write(folder.resolve("next.log"), gap.bytes());
    assertThat(new AuditVerifier(strict).verify(List.of(whole.file(), next)).result())
        .isEqualTo(Result.WHOLE);
  }

  @Test
  void acceptsALogThatIsSignedFromALineOn() throws Exception {
    log.add(2, Seal.with(Log.KEY));

    var verdict = log.verify(Log.KEY);
    assertThat(verdict.result()).isEqualTo(Result.WHOLE);
    assertThat(verdict.text()).startsWith("whole: 7 lines, 1 to 7");
    assertThat(verdict.notes())
        .singleElement()
        .asString()
        .contains("audit.log:6: signed from here on", "are as they were");
    assertThat(log.verify().result()).isEqualTo(Result.UNKNOWN);
    assertThat(log.verify().text()).contains("audit.log:6: signed with the key ");

    var lines = log.lines();
    lines.set(4, Log.forged(lines.get(4), "sonnet", "haiku", Seal.plain()));
    log.write(lines);
    broken(log.verify(Log.KEY), 6, "the hash of line 5 was another one");
  }

  @Test
  void takesNoWayBackToLinesWithoutASignatureAndNoneThatNeverWas() throws Exception {
    broken(log.verify(Log.KEY), 1, "not signed with a key");

    log.add(1, Seal.with(Log.KEY)).add(1);
    broken(log.verify(Log.KEY), 7, "not signed with a key");
  }

  @Test
  void printsOfALineOnlyWhatHasTheFormOfOurs() throws Exception {
    var lines = log.lines();
    lines.set(
        1,
        Log.forged(
            lines.get(1), ",\"model\"", ",\"signed_by\":\"\\u001b[2J\",\"model\"", Seal.plain()));
    log.write(lines);
    assertThat(log.verify().text()).contains("the key ?,").doesNotContain("\u001b");

    lines = log.lines();
    lines.set(
        1,
        lines
            .get(1)
            .replace(
                ",\"signed_by\":\"\\u001b[2J\"",
                ",\"event\":\"gap\",\"lost_lines\":\"\\u001b[2J\""));
    log.write(lines);
    assertThat(log.verify().notes()).singleElement().asString().contains("a number that is none");
  }

  @Test
  void namesLinesThatChangedPlaces() throws Exception {
    var lines = log.lines();
    Collections.swap(lines, 1, 2);
    log.write(lines);

    broken(log.verify(), 2, "reordered: line 2 of the chain is at " + log.file() + ":3");
  }

  @Test
  void missesLinesAtTheEndOnlyAgainstANote() throws Exception {
    var whole = log.verify().text();
    var last = whole.substring(whole.indexOf("last: ") + "last: ".length());
    var parts = last.split(":", 2);
    var noted = Optional.of(new Link(Long.parseLong(parts[0]), parts[1]));
    assertThat(log.verify(noted).result()).isEqualTo(Result.WHOLE);
    var lines = log.lines();
    log.write(lines.subList(0, 4));

    assertThat(log.verify().result()).isEqualTo(Result.WHOLE);
    assertThat(log.verify(noted).result()).isEqualTo(Result.BROKEN);
    assertThat(log.verify(noted).text()).isEqualTo("cut off after line 4: line 5 had been noted");
  }

  @Test
  void saysThatTheBeginningIsNotThere() throws Exception {
    log.write(log.lines().subList(2, 5));

    var verdict = log.verify();
    assertThat(verdict.result()).isEqualTo(Result.WHOLE);
    assertThat(verdict.notes()).singleElement().asString().contains("begins with line 3");
  }

  @Test
  void takesNoForgeryWithoutTheKey() throws Exception {
    var signed = new Log(folder.resolve("signed.log")).add(5, Seal.with(Log.KEY));
    assertThat(signed.verify(Log.KEY).result()).isEqualTo(Result.WHOLE);
    assertThat(signed.verify(Log.KEY).text()).doesNotContain("canary");
    var lines = signed.lines();
    // The last line has none behind it that would give it away.
    lines.set(4, Log.forged(lines.get(4), "sonnet", "haiku", Seal.plain()));
    signed.write(lines);
    broken(signed.verify(Log.KEY), 5, "changed");

    var name = Seal.with(Log.KEY).signer().orElseThrow();
    lines.set(4, Log.forged(lines.get(4), ",\"signed_by\":\"" + name + "\"", "", Seal.plain()));
    signed.write(lines);
    broken(signed.verify(Log.KEY), 5, "not signed with a key");
  }

  @Test
  void saysNothingOfASignatureItHasNoKeyFor() throws Exception {
    var signed = new Log(folder.resolve("signed.log")).add(2, Seal.with(Log.KEY));

    assertThat(signed.verify().result()).isEqualTo(Result.UNKNOWN);
    assertThat(signed.verify(new Secret("another-key-0123456789")).text())
        .contains("which was not given (--key)");
  }

  @Test
  void knowsAKeyThatWasReplaced() throws Exception {
    var next = new Secret("canary-next-audit-key-01234");
    var signed = new Log(folder.resolve("signed.log")).add(2, Seal.with(Log.KEY));
    signed.add(2, Seal.with(next));

    var verdict =
        new AuditVerifier(
                new AuditVerifier.Options(List.of(Log.KEY, next), Optional.empty(), false))
            .verify(List.of(signed.file()));
    assertThat(verdict.text()).startsWith("whole: 4 lines");
  }

  @Test
  void isNoJudgeOfOtherFiles() throws Exception {
    var other = Files.writeString(folder.resolve("other"), "hello\n");

    assertThat(new Log(other).verify().result()).isEqualTo(Result.UNKNOWN);
    assertThat(new Log(Files.createFile(folder.resolve("empty"))).verify().result())
        .isEqualTo(Result.UNKNOWN);
  }

  private void broken(Verdict verdict, int line, String text) {
    assertThat(verdict.result()).isEqualTo(Result.BROKEN);
    assertThat(verdict.text()).startsWith(folder.toString());
    assertThat(verdict.text()).contains(".log:" + line + ": ").contains(text);
  }
}
