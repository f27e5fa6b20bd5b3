package dev.ash.gateway.audit;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Adds up what the lines of an audit log say was used, for chargebacks. */
public final class UsageReport {
  /** The kinds of tokens, as in the fields {@code tokens_…}. */
  public static final List<String> KINDS =
      List.of("input", "output", "cache_write_5m", "cache_write_1h", "cache_read");

  /** What rows are for. */
  public enum By {
    CONSUMER("user_id"),
    MODEL("model"),
    /** In UTC. */
    DAY("timestamp");

    private final String field;

    By(String field) {
      this.field = field;
    }

    String of(JsonNode line) {
      var text = line.path(field).asText("");
      return switch (this) {
        case CONSUMER, MODEL -> text.isEmpty() || text.equals("null") ? "-" : text;
        case DAY -> text.length() < DAY_LENGTH ? "-" : text.substring(0, DAY_LENGTH);
      };
    }
  }

  /**
   * A sum.
   *
   * @param tokens of every kind together
   * @param kinds as in {@link #KINDS}; less than {@code tokens} where a line does not tell them
   *     apart
   * @param cost in US dollars, of all calls whose cost is known
   * @param unpricedTokens those of the calls whose cost is not known
   * @param unknownCalls calls whose cost is not known
   */
  public record Sum(
      long requests,
      long tokens,
      List<Long> kinds,
      BigDecimal cost,
      long unpricedTokens,
      long unknownCalls) {
    static final Sum NONE =
        new Sum(0, 0, KINDS.stream().map(_ -> 0L).toList(), BigDecimal.ZERO, 0, 0);

    public Sum {
      kinds = List.copyOf(kinds);
    }

    /** Whether anything of it has a cost; calls of unknown cost alone have none of zero. */
    public boolean isCostKnown() {
      return unknownCalls == 0 || cost.signum() != 0;
    }

    /** The cost without zeros at its end and without an exponent. */
    public String plainCost() {
      return cost.signum() == 0 ? "0" : cost.stripTrailingZeros().toPlainString();
    }

    /** Empty for what no gateway wrote: no number, an endless one, or one of endless digits. */
    private static Optional<BigDecimal> cost(JsonNode said) {
      var about = Math.abs(said.doubleValue());
      if (!said.isNumber() || !(about <= MOST_COST) || (about > 0 && about < LEAST_COST)) {
        return Optional.empty();
      }
      return Optional.of(about == 0 ? BigDecimal.ZERO : said.decimalValue())
          .filter(cost -> cost.scale() <= MOST_DIGITS);
    }

    Sum plus(Sum other) {
      return new Sum(
          requests + other.requests,
          tokens + other.tokens,
          IntStream.range(0, KINDS.size())
              .mapToObj(i -> kinds.get(i) + other.kinds.get(i))
              .toList(),
          cost.add(other.cost),
          unpricedTokens + other.unpricedTokens,
          unknownCalls + other.unknownCalls);
    }

    Sum plus(JsonNode line) {
      var counted = line.path("tokens_used").asLong();
      var said = line.path("cost_usd");
      var cost = cost(said);
      // A line of an older gateway has tokens and no word of their cost.
      var unknown = said.isMissingNode() ? counted > 0 : cost.isEmpty();
      var next =
          IntStream.range(0, KINDS.size())
              .mapToObj(i -> kinds.get(i) + line.path("tokens_" + KINDS.get(i)).asLong())
              .toList();
      return new Sum(
          requests + 1,
          tokens + counted,
          next,
          cost.map(this.cost::add).orElse(this.cost),
          unpricedTokens + (unknown ? counted : 0),
          unknownCalls + (unknown ? 1 : 0));
    }
  }

  private static final double MOST_COST = 1e12;
  private static final double LEAST_COST = 1e-30;
  private static final int MOST_DIGITS = 60;
  private static final int DAY_LENGTH = "2026-11-27".length();

  /** Of rows: by their first part, then by the next. */
  static final Comparator<List<String>> ORDER = (a, b) -> Arrays.compare(texts(a), texts(b));

  private final List<By> by;
  private final SortedMap<List<String>, Sum> sums = new TreeMap<>(ORDER);
  private Sum total = Sum.NONE;
  private long unreadable;
  private long lost;
  private long foreign;

  public UsageReport(List<By> by) {
    this.by = List.copyOf(by);
  }

  private static String[] texts(List<String> key) {
    return key.toArray(String[]::new);
  }

  /** Adds a file; what ends in {@code .gz} is unpacked. */
  public void add(Path file) throws IOException {
    try (var in = AuditFiles.open(file)) {
      var lines = new Lines(in);
      var kinds = new UsageLines();
      for (var line = lines.next(); line.isPresent(); line = lines.next()) {
        switch (kinds.kind(line.get().bytes())) {
          case UsageLines.Kind.Call(var call) -> add(call);
          case UsageLines.Kind.Lost(var count) -> lost += count;
          case UsageLines.Kind.Foreign() -> foreign++;
          case UsageLines.Kind.Unreadable() -> unreadable++;
        }
      }
    }
  }

  private void add(JsonNode line) {
    var key = by.stream().map(one -> one.of(line)).collect(Collectors.toUnmodifiableList());
    sums.merge(key, Sum.NONE.plus(line), (before, _) -> before.plus(line));
    total = total.plus(line);
  }

  /** By what it is for, in the order of the rows. */
  public SortedMap<List<String>, Sum> sums() {
    return java.util.Collections.unmodifiableSortedMap(sums);
  }

  public Sum total() {
    return total;
  }

  /** Lines that are no record: torn ones. */
  public long unreadable() {
    return unreadable;
  }

  /**
   * Lines behind the first of a chain that are none of it. A gateway from before there were chains
   * wrote such lines, but only in front.
   */
  public long foreign() {
    return foreign;
  }

  /** Lines that the log says could not be written. */
  public long lost() {
    return lost;
  }
}
