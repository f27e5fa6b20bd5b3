package dev.ash.gateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.gateway.audit.UsageLedger;
import dev.ash.gateway.audit.UsageReport;
import dev.ash.gateway.audit.UsageReport.By;
import dev.ash.gateway.audit.UsageReport.Sum;
import dev.ash.gateway.audit.UsageTable;
import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.FileTrouble;
import dev.ash.gateway.config.GatewayConfig;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code GET /api/usage?from=&to=&by=consumer,model,day&consumer=&format=json|csv}: what the audit
 * log adds up to. Administrators see all; a caller with its own key sees itself.
 */
final class UsageRoutes implements OwnRoute {
  static final String PATH = "/api/usage";
  private static final Logger LOG = LoggerFactory.getLogger(UsageRoutes.class);
  private static final Set<String> PARAMETERS = Set.of("from", "to", "by", "consumer", "format");
  private static final int MOST_ROWS = 10_000;
  private static final int MOST_TEXT = 200;

  /** Each adds up all sums that there are. */
  private static final int AT_ONCE = 3;

  /** The rest is for administrators, so that no consumer keeps them out. */
  private static final int CONSUMERS_AT_ONCE = 2;

  private static final Duration PATIENCE = Duration.ofSeconds(8);

  private final Semaphore places = new Semaphore(PLACES);
  private final Door door;
  private final Optional<Path> log;
  private final Optional<String> readScope;
  private final UsageLedger ledger;
  private final Answer answer;
  private final Semaphore room = new Semaphore(AT_ONCE);
  private final Semaphore consumersRoom = new Semaphore(CONSUMERS_AT_ONCE);
  private final Set<String> asking = ConcurrentHashMap.newKeySet();

  UsageRoutes(Door door, GatewayConfig config, UsageLedger ledger, Answer answer) {
    this.door = door;
    this.log = config.audit().file();
    this.readScope = config.access().oauth().map(GatewayConfig.OAuth::readScope);
    this.ledger = ledger;
    this.answer = answer;
  }

  @Override
  public boolean isFor(String path) {
    return path.equals(PATH);
  }

  @Override
  public Semaphore room() {
    return places;
  }

  @Override
  public Door.Entry enter(Request request, Visit visit, Instant now) {
    return door.anybody(Shown.by(request), visit.address(), now);
  }

  @Override
  public void handle(
      Request request, Response response, Visit visit, Door.Entry.Known known, byte[] body)
      throws IOException, InterruptedException {
    reply(request, visit.method, known).write(response, visit, answer);
  }

  private Reply reply(Request request, String method, Door.Entry.Known known)
      throws InterruptedException {
    if (!method.equals("GET")) {
      return Reply.only("GET");
    }
    if (readScope.isPresent() && !known.may(readScope.get())) {
      return Reply.refused(403, "Token lacks the scope " + readScope.get());
    }
    try {
      var wish = wish(parameters(request));
      var own = !Administrators.include(known);
      var asked = wish.query().consumer();
      if (own && asked.filter(name -> !name.equals(known.guest().name())).isPresent()) {
        return Reply.refused(403, "consumer: another's usage is for administrators");
      }
      return own ? ownReply(wish, known.guest().name()) : reply(wish, false);
    } catch (ConfigException e) {
      return Reply.refused(400, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      LOG.error("usage: {}", FileTrouble.of(e));
      return Reply.refused(500, "The audit log cannot be read; the gateway's log says why");
    }
  }

  /** One question of a consumer at a time. */
  private Reply ownReply(Wish wish, String consumer)
      throws ConfigException, IOException, InterruptedException {
    if (!asking.add(consumer)) {
      return busy("Your last question for usage is being answered; try again");
    }
    try {
      if (!consumersRoom.tryAcquire()) {
        return busy("Others are asking for usage; try again");
      }
      try {
        return reply(wish.of(consumer), true);
      } finally {
        consumersRoom.release();
      }
    } finally {
      asking.remove(consumer);
    }
  }

  private static Reply busy(String message) {
    return Reply.refused(503, message).again(1);
  }

  private Reply reply(Wish wish, boolean own)
      throws ConfigException, IOException, InterruptedException {
    if (log.isEmpty() || (Files.exists(log.get()) && !Files.isRegularFile(log.get()))) {
      return Reply.refused(
          404,
          "usage: the audit log goes to standard output (expected: audit.file in the gateway's"
              + " configuration; or where its lines are kept: ash gateway usage FILE)");
    }
    if (!room.tryAcquire()) {
      return busy("Others are asking for usage; try again");
    }
    try {
      var sums = ledger.sums(log.get(), wish.query(), PATIENCE);
      if (sums.isEmpty()) {
        return Reply.refused(503, "The audit log is being read; ask again in a while").again(5);
      }
      if (sums.get().rows().size() > MOST_ROWS) {
        throw new ConfigException(
            "by",
            sums.get().rows().size() + " rows",
            MOST_ROWS + " at most: fewer parts, one consumer, or a shorter time");
      }
      return wish.csv()
          ? Reply.csv(UsageTable.csv(wish.query().by(), sums.get().rows()))
          : Reply.json(200, json(wish, sums.get(), own));
    } finally {
      room.release();
    }
  }

  private record Wish(UsageLedger.Query query, boolean csv) {
    Wish of(String consumer) {
      return new Wish(
          new UsageLedger.Query(query.by(), query.from(), query.to(), Optional.of(consumer)), csv);
    }
  }

  private static Map<String, String> parameters(Request request) throws ConfigException {
    var read = new HashMap<String, String>();
    try {
      for (var field : Request.extractQueryParameters(request, UTF_8)) {
        if (!PARAMETERS.contains(field.getName())) {
          throw new ConfigException(
              shown(field.getName()), "unknown", "from, to, by, consumer, format");
        }
        if (field.getValues().size() != 1) {
          throw new ConfigException(field.getName(), "there twice", "once");
        }
        var value = String.valueOf(field.getValue());
        if (value.length() > MOST_TEXT) {
          throw new ConfigException(field.getName(), "too long", MOST_TEXT + " characters");
        }
        if (!value.isEmpty()) {
          read.put(field.getName(), value);
        }
      }
    } catch (IllegalArgumentException | IllegalStateException _) {
      throw new ConfigException(
          "query", "no UTF-8", "two hex digits after each percent sign, and UTF-8");
    }
    return read;
  }

  private static Wish wish(Map<String, String> read) throws ConfigException {
    var from = day(read, "from");
    var to = day(read, "to");
    if (from.isPresent() && to.isPresent() && from.get().compareTo(to.get()) > 0) {
      throw new ConfigException("from", from.get(), "a day not after to, " + to.get());
    }
    var by = read.getOrDefault("by", "consumer");
    var format = read.getOrDefault("format", "json");
    if (!format.equals("json") && !format.equals("csv")) {
      throw new ConfigException("format", shown(format), "json or csv");
    }
    return new Wish(
        new UsageLedger.Query(
            UsageTable.by("by", shown(by)), from, to, Optional.ofNullable(read.get("consumer"))),
        format.equals("csv"));
  }

  private static Optional<String> day(Map<String, String> read, String name)
      throws ConfigException {
    var text = read.get(name);
    if (text == null) {
      return Optional.empty();
    }
    try {
      // Others than of four digits would not be in the order of their texts.
      if (text.length() != "2026-11-27".length()) {
        throw new DateTimeParseException("length", text, 0);
      }
      return Optional.of(LocalDate.parse(text).toString());
    } catch (DateTimeParseException _) {
      throw new ConfigException(name, shown(text), "a day (UTC) such as 2026-11-27");
    }
  }

  private static String shown(String text) {
    var visible = text.replaceAll("\\p{C}", "?");
    return visible.length() <= 60 ? visible : visible.substring(0, 60) + "…";
  }

  private static ObjectNode json(Wish wish, UsageLedger.Sums sums, boolean own) {
    var query = wish.query();
    var all = Json.object();
    query.from().ifPresent(day -> all.put("from", day));
    query.to().ifPresent(day -> all.put("to", day));
    query.consumer().ifPresent(name -> all.put("consumer", name));
    var by = all.putArray("by");
    query.by().forEach(one -> by.add(UsageTable.name(one)));
    var rows = all.putArray("rows");
    sums.rows().forEach((key, sum) -> rows.add(row(query.by(), key, sum)));
    all.set("total", sum(Json.object(), sums.total()));
    if (own) {
      // What others used is none of its business, only that its own may be more.
      if (sums.isPartial()) {
        all.put("partial", true);
      }
    } else {
      var missed =
          all.putObject("not_counted")
              .put("unreadable_lines", sums.missed().unreadable())
              .put("lost_lines", sums.missed().lost())
              .put("foreign_lines", sums.missed().foreign())
              .put("folded_requests", sums.folded());
      var files = missed.putArray("damaged_files");
      sums.damaged().forEach(files::add);
    }
    return all;
  }

  private static ObjectNode row(List<By> by, List<String> key, Sum sum) {
    var row = Json.object();
    for (var i = 0; i < by.size(); i++) {
      row.put(UsageTable.name(by.get(i)), key.get(i));
    }
    return sum(row, sum);
  }

  private static ObjectNode sum(ObjectNode node, Sum sum) {
    node.put("requests", sum.requests());
    for (var i = 0; i < UsageReport.KINDS.size(); i++) {
      node.put(UsageReport.KINDS.get(i) + "_tokens", sum.kinds().get(i));
    }
    node.put("tokens", sum.tokens());
    // Nobody knows is null; zero would be a price. A text, as sums are exact and numbers are not.
    if (sum.isCostKnown()) {
      node.put("cost_usd", sum.plainCost());
    } else {
      node.putNull("cost_usd");
    }
    return node.put("unpriced_tokens", sum.unpricedTokens())
        .put("unpriced_requests", sum.unknownCalls());
  }
}
