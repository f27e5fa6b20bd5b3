package dev.ash.node.telemetry;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A page of metrics, read as strictly as Prometheus reads it: a family's lines stand together, no
 * family and no series comes twice.
 *
 * @param families names in their order
 * @param samples values by name with labels, as written
 */
public record PrometheusText(List<String> families, Map<String, Double> samples) {
  private static final String NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
  private static final String LABEL = "[a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\\\n]|\\\\[\\\\n\"])*\"";
  private static final Pattern TYPE =
      Pattern.compile("# TYPE (" + NAME + ") (counter|gauge|histogram|summary|untyped)");
  private static final Pattern HELP = Pattern.compile("# HELP (" + NAME + ") .*");
  private static final Pattern SAMPLE =
      Pattern.compile(
          "(" + NAME + ")(\\{" + LABEL + "(?:," + LABEL + ")*,?\\})? (\\S+)(?: -?[0-9]+)?");

  public static PrometheusText parse(String page) {
    var families = new LinkedHashSet<String>();
    var helped = new HashSet<String>();
    var samples = new HashMap<String, Double>();
    var family = "";
    var type = "";
    for (var line : page.split("\n", -1)) {
      if (line.isBlank()) {
        continue;
      }
      var help = HELP.matcher(line);
      var head = TYPE.matcher(line);
      var sample = SAMPLE.matcher(line);
      if (help.matches()) {
        require(helped.add(help.group(1)), "a second help", line);
      } else if (head.matches()) {
        family = head.group(1);
        type = head.group(2);
        require(families.add(family), "a second family", line);
      } else if (sample.matches()) {
        require(namesOf(family, type).contains(sample.group(1)), "not of " + family, line);
        var labels = sample.group(2) == null ? "" : sample.group(2);
        require(
            samples.put(sample.group(1) + labels, Double.valueOf(sample.group(3))) == null,
            "a second value",
            line);
      } else {
        require(line.startsWith("# ") && !line.startsWith("# TYPE"), "no metric", line);
      }
    }
    return new PrometheusText(List.copyOf(families), samples);
  }

  private static Set<String> namesOf(String family, String type) {
    return type.equals("histogram")
        ? Set.of(family + "_bucket", family + "_sum", family + "_count")
        : Set.of(family);
  }

  private static void require(boolean holds, String problem, String line) {
    if (!holds) {
      throw new AssertionError(problem + ": " + line);
    }
  }

  /** The sum of all series of this name whose labels contain all of these. */
  public double sum(String name, String... labels) {
    return samples.entrySet().stream()
        .filter(e -> e.getKey().equals(name) || e.getKey().startsWith(name + "{"))
        .filter(e -> List.of(labels).stream().allMatch(e.getKey()::contains))
        .mapToDouble(Map.Entry::getValue)
        .sum();
  }
}
