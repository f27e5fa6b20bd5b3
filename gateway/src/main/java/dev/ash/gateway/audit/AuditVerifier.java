package dev.ash.gateway.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.gateway.audit.Verdict.Result;
import dev.ash.gateway.config.Secret;
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
          }
          line.get().addTo(between);
          continue;
        }
        check(at, parsed.get());
      }
    }
    torn(file);
  }

  private void check(Place at, ChainLine line) throws BrokenException {
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
              + (line.record().path("lost_lines").asLong() == 0
                  ? "at most one"
                  : line.record().path("lost_lines").asText())
              + (said == 0 ? "" : "; bytes of none: " + said));
    } else if (!between.isEmpty()) {
      throw broken(betweenAt.orElse(at), "changed or put in: this is no line of the chain");
    } else if (line.isGap() && said > 0) {
      throw broken(at, "removed: before it stood " + said + " bytes of a torn line");
    }
    between = new Unchained();
  }

  private void signed(Place at, ChainLine line) throws BrokenException {
    if (line.signer().isPresent()) {
      var key = keys.get(line.signer().get());
      if (key == null) {
        var text = "signed with the key " + line.signer().get() + ", which was not given (--key)";
        throw lines == 0 ? new BrokenException(Result.UNKNOWN, at + ": " + text) : broken(at, text);
      }
      if (!line.isSealedBy(key)) {
        throw broken(at, "changed: its hash does not fit");
      }
      return;
    }
    if (!line.isSealedBy(plain)) {
      throw broken(at, "changed: its hash does not fit");
    }
    if (!keys.isEmpty()) {
      throw broken(at, "not signed with a key, so whoever can write the file may have made it");
    }
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
    if (between.isEnded() || !(betweenText.startsWith(head) || head.startsWith(betweenText))) {
      throw broken(at, "changed or put in: this is no line of the chain");
    }
    notes.add(
        file
            + ": ends with "
            + between.bytes()
            + " bytes of a torn line, as a kill or a full disk leaves it; no later line says so yet");
    between = new Unchained();
  }

  private Verdict end() throws BrokenException {
    if (first.isEmpty()) {
      throw new BrokenException(Result.UNKNOWN, "there is no line to check");
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
