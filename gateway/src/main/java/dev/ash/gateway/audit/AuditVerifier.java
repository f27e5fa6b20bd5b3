package dev.ash.gateway.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonToken;
import dev.ash.gateway.audit.Verdict.Result;
import dev.ash.gateway.config.Secret;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Checks a log line by line, up to the first that is not as it was written. */
public final class AuditVerifier {
  /**
   * How strictly.
   *
   * @param keys that lines may be signed with; with one, a line without a signature is a forgery
   * @param witness a line that was noted elsewhere, and has to be there
   * @param restarts whether a chain may begin anew, as it does on standard output
   */
  public record Options(List<Secret> keys, Optional<Link> witness, boolean restarts) {
    public Options {
      keys = List.copyOf(keys);
    }
  }

  /** The first line that is wrong. */
  private static final class BrokenException extends Exception {
    private static final long serialVersionUID = 1;
    private final Result result;

    BrokenException(Result result, String text) {
      super(text);
      this.result = result;
    }
  }

  private record Place(Path file, long line) {
    @Override
    public String toString() {
      return file + ":" + line;
    }
  }

  private final Options options;
  private final Map<String, Seal> keys = new LinkedHashMap<>();
  private final Seal plain = Seal.plain();
  private final List<String> notes = new ArrayList<>();
  private List<Path> files = List.of();
  private Optional<Link> first = Optional.empty();
  private Link last = Link.BEGINNING;
  private long lines;
  private boolean witnessed;

  /** What stands between two lines, and where it begins. */
  private Unchained between = new Unchained();

  private Optional<Place> betweenAt = Optional.empty();
  private String betweenText = "";
  private int betweenPieces;

  /** A torn text at the end of a file that others follow. */
  private Optional<Place> torn = Optional.empty();

  /** The first one that no line of the chain explains. */
  private Optional<Place> unexplained = Optional.empty();

  private Optional<Place> unsigned = Optional.empty();
  private boolean signed;

  public AuditVerifier(Options options) {
    this.options = options;
    for (var key : options.keys()) {
      var seal = Seal.with(key);
      keys.put(seal.signer().orElseThrow(), seal);
    }
  }

  /**
   * The files of one log, in any order; ends in {@code .gz} what is compressed.
   *
   * @throws IOException a file cannot be read
   */
  public Verdict verify(List<Path> log) throws IOException {
    files = AuditFiles.inOrder(log);
    try {
      for (var file : files) {
        read(file);
      }
      return end();
    } catch (BrokenException e) {
      return new Verdict(e.result, String.valueOf(e.getMessage()), notes);
    }
  }

  private void read(Path file) throws IOException, BrokenException {
    try (var in = AuditFiles.open(file)) {
      var reader = new Lines(in);
      var number = 0L;
      for (var line = reader.next(); line.isPresent(); line = reader.next()) {
        number++;
        var at = new Place(file, number);
        var parsed = AuditFiles.parsed(line.get());
        if (parsed.isEmpty()) {
          if (between.isEmpty()) {
            betweenAt = Optional.of(at);
            betweenText = new String(line.get().bytes(), UTF_8);
            betweenPieces = 0;
          }
          betweenPieces++;
          line.get().addTo(between);
          continue;
        }
        check(at, parsed.get());
      }
    }
    torn(file);
  }

  private void check(Place at, ChainLine line) throws BrokenException {
    if (!line.isGap()) {
      unexplained = unexplained.or(() -> torn);
    }
    torn = Optional.empty();
    explained(at, line);
    signed(at, line);
    if (options.restarts() && line.sequence() == 1 && line.previous().equals(beginning())) {
      if (first.isPresent()) {
        notes.add(at + ": a chain begins anew after " + last.sequence());
      }
      last = Link.BEGINNING;
    } else if (first.isPresent() || line.sequence() == 1) {
      follows(at, line);
    } else {
      notes.add(
          at
              + ": begins with line "
              + line.sequence()
              + "; those before it are not in these files");
    }
    first = first.or(() -> Optional.of(line.link()));
    last = line.link();
    lines++;
    witness(at);
  }

  /** Bytes that belong to no line are as the line behind them says. */
  private void explained(Place at, ChainLine line) throws BrokenException {
    var said = line.record().path("unchained_bytes").asLong(0);
    if (line.isGap()
        && said == between.bytes()
        && (said == 0
            || between.sha256().equals(line.record().path("unchained_sha256").asText()))) {
      notes.add(
          at
              + ": lines that could not be written before it: "
              + lost(line)
              + (said == 0 ? "" : "; bytes of none: " + said));
    } else if (!between.isEmpty()) {
      throw broken(betweenAt.orElse(at), "changed or put in: this is no line of the chain");
    } else if (line.isGap() && said > 0) {
      throw broken(at, "removed: before it stood " + said + " bytes of a torn line");
    }
    between = new Unchained();
  }

  /** Printed before its hash was looked at, so only in the form that ours have. */
  private static String lost(ChainLine line) {
    var lost = line.record().path("lost_lines");
    if (!lost.isIntegralNumber() || !lost.canConvertToLong() || lost.asLong() < 0) {
      return "a number that is none";
    }
    return lost.asLong() == 0 ? "at most one" : Long.toString(lost.asLong());
  }

  private void signed(Place at, ChainLine line) throws BrokenException {
    if (line.signer().isPresent()) {
      var name = line.signer().get();
      var key = keys.get(name);
      if (key == null) {
        throw new BrokenException(
            Result.UNKNOWN,
            at
                + ": signed with the key "
                + (Seal.isSigner(name) ? name : "?")
                + ", which was not given (--key)");
      }
      if (!line.isSealedBy(key)) {
        throw broken(at, "changed: its hash does not fit");
      }
      if (unsigned.isPresent() && !signed) {
        notes.add(
            at
                + ": signed from here on; the lines before it are not, and "
                + (line.previous().equals(beginning())
                    ? "whoever can write the file may have made them"
                    : "are as they were when it was written"));
      }
      signed = true;
      return;
    }
    if (!line.isSealedBy(plain)) {
      throw broken(at, "changed: its hash does not fit");
    }
    if (signed) {
      throw notSigned(at);
    }
    // A key that was switched on later seals what was there before, by the hash of its last line.
    unsigned = unsigned.or(() -> Optional.of(at));
  }

  private static BrokenException notSigned(Place at) {
    return broken(at, "not signed with a key, so whoever can write the file may have made it");
  }

  private void follows(Place at, ChainLine line) throws BrokenException {
    var expected = last.sequence() + 1;
    if (line.sequence() > expected) {
      var elsewhere = find(expected);
      throw broken(
          at,
          elsewhere.isPresent()
              ? "reordered: line " + expected + " of the chain is at " + elsewhere.get()
              : "removed before it: "
                  + (line.sequence() == expected + 1
                      ? "line " + expected + " of the chain"
                      : "lines " + expected + " to " + (line.sequence() - 1) + " of the chain"));
    }
    if (line.sequence() < expected) {
      throw broken(
          at, "put in or reordered: line " + line.sequence() + " of the chain is there twice");
    }
    if (!line.previous().equals(last.hash())) {
      throw broken(
          at,
          first.isEmpty()
              ? "changed: the first line has a line before it"
              : "the line before it was changed or put in its place: the hash of line "
                  + last.sequence()
                  + " was another one");
    }
  }

  /** A line that is missing where it should be. */
  private Optional<Place> find(long sequence) throws BrokenException {
    for (var file : files) {
      try (var in = AuditFiles.open(file)) {
        var reader = new Lines(in);
        var number = 0L;
        for (var line = reader.next(); line.isPresent(); line = reader.next()) {
          number++;
          if (AuditFiles.parsed(line.get()).filter(l -> l.sequence() == sequence).isPresent()) {
            return Optional.of(new Place(file, number));
          }
        }
      } catch (IOException e) {
        throw new BrokenException(Result.UNKNOWN, file + ": " + e.getMessage());
      }
    }
    return Optional.empty();
  }

  private void witness(Place at) throws BrokenException {
    var noted = options.witness().filter(w -> w.sequence() == last.sequence());
    if (noted.isPresent()) {
      if (!noted.get().equals(last)) {
        throw broken(at, "not the line that was noted: its hash was " + noted.get().hash());
      }
      witnessed = true;
    }
  }

  /** What a file ends with: nothing, or the beginning of the next line. */
  private void torn(Path file) throws BrokenException {
    if (between.isEmpty()) {
      return;
    }
    var at = betweenAt.orElseThrow();
    if (first.isEmpty()) {
      throw new BrokenException(
          Result.UNKNOWN, at + ": no line of a chain (expected: a log of ash gateway serve)");
    }
    var head = ChainLine.head(last);
    if (betweenPieces > 1
        || between.isEnded()
        || !(betweenText.startsWith(head) || head.startsWith(betweenText))
        || isRecord(betweenText)) {
      throw broken(at, "changed or put in: this is no line of the chain");
    }
    notes.add(
        file
            + ": ends with "
            + between.bytes()
            + " bytes of a torn line, as a kill or a full disk leaves it"
            + (file.equals(files.getLast()) ? "; no later line says so yet" : ""));
    torn = Optional.of(at);
    between = new Unchained();
  }

  /** Whether it begins with a whole JSON object, which no part of a line does. */
  private static boolean isRecord(String text) {
    try (var json = Json.mapper().getFactory().createParser(text)) {
      return json.nextToken() == JsonToken.START_OBJECT
          && json.skipChildren().currentToken() == JsonToken.END_OBJECT;
    } catch (IOException _) {
      return false;
    }
  }

  private Verdict end() throws BrokenException {
    if (first.isEmpty()) {
      throw new BrokenException(Result.UNKNOWN, "there is no line to check");
    }
    if (!keys.isEmpty() && !signed) {
      throw notSigned(unsigned.orElseThrow());
    }
    var noted = options.witness();
    if (noted.isPresent() && !witnessed) {
      throw noted.get().sequence() > last.sequence()
          ? new BrokenException(
              Result.BROKEN,
              "cut off after line "
                  + last.sequence()
                  + ": line "
                  + noted.get().sequence()
                  + " had been noted")
          : new BrokenException(
              Result.UNKNOWN, "line " + noted.get().sequence() + " is not in these files");
    }
    if (unexplained.isPresent()) {
      throw new BrokenException(
          Result.UNKNOWN,
          unexplained.get()
              + ": a torn line, or put in: the line behind it says nothing of it, as when a"
              + " gateway is killed and the file moved away before it runs again; the rest is whole"
              + System.lineSeparator()
              + "last: "
              + last);
    }
    return new Verdict(
        Result.WHOLE,
        "whole: %d lines, %d to %d of the chain, %s%nlast: %s"
            .formatted(
                lines,
                first.get().sequence(),
                last.sequence(),
                keys.isEmpty()
                    ? "not signed (audit.key)"
                    : "signed with " + String.join(", ", keys.keySet()),
                last),
        notes);
  }

  private static String beginning() {
    return Link.BEGINNING.hash();
  }

  private static BrokenException broken(Place at, String text) {
    return new BrokenException(Result.BROKEN, at + ": " + text);
  }
}
