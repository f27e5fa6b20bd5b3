package dev.ash.gateway;

import dev.ash.gateway.audit.UsageReport;
import dev.ash.gateway.audit.UsageTable;
import dev.ash.gateway.config.ConfigException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "usage",
    description = {
      "Adds up requests, tokens and cost from audit logs.",
      "The cost of a model without a price is unknown: its tokens are in unpriced_tokens."
    },
    mixinStandardHelpOptions = true)
final class UsageCommand implements Callable<Integer> {
  private final Surroundings world;

  @Parameters(paramLabel = "FILE", arity = "1..*", description = "Audit logs; .gz is unpacked.")
  private List<Path> files = List.of();

  @Option(
      names = "--by",
      description =
          "A row for each consumer, model or day (UTC), or each of several: consumer,day.")
  private String by = "consumer";

  @Option(names = "--csv", description = "Comma separated, for a spreadsheet; without a total.")
  private boolean csv;

  UsageCommand(Surroundings world) {
    this.world = world;
  }

  @Override
  public Integer call() throws ConfigException, IOException {
    var parts = UsageTable.by("--by", by);
    var report = new UsageReport(parts);
    for (var file : files) {
      report.add(file);
    }
    if (csv) {
      world.out().print(UsageTable.csv(parts, report.sums()));
    } else {
      var rows = new ArrayList<List<String>>();
      rows.add(UsageTable.head(parts));
      report.sums().forEach((key, sum) -> rows.add(UsageTable.row(key, sum)));
      var total = new ArrayList<>(List.of("total"));
      parts.stream().skip(1).forEach(_ -> total.add(""));
      rows.add(UsageTable.row(total, report.total()));
      print(rows, parts.size());
    }
    if (report.total().unknownCalls() > 0) {
      world
          .err()
          .println(
              "note: the cost of %d calls with %d tokens is unknown and not in cost_usd"
                  .formatted(report.total().unknownCalls(), report.total().unpricedTokens()));
    }
    if (report.unreadable() + report.lost() + report.foreign() > 0) {
      world
          .err()
          .println(
              ("note: not counted: %d lines that cannot be read, %d that could not be written,"
                      + " %d that are none of the chain around them")
                  .formatted(report.unreadable(), report.lost(), report.foreign()));
    }
    return 0;
  }

  private void print(List<List<String>> rows, int texts) {
    for (var row : rows) {
      var line = new StringBuilder();
      for (var i = 0; i < row.size(); i++) {
        var column = i;
        var width = rows.stream().mapToInt(r -> r.get(column).length()).max().orElse(1);
        var text = plain(row.get(i));
        var space = " ".repeat(width - text.length());
        line.append(i == 0 ? "" : "  ").append(i < texts ? text + space : space + text);
      }
      world.out().println(line.toString().stripTrailing());
    }
  }

  /** Names come from callers: they move no cursor. */
  private static String plain(String text) {
    return text.replaceAll("\\p{Cntrl}", "?");
  }
}
