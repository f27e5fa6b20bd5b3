package dev.ash.gateway.check;

import dev.ash.gateway.check.Finding.Verdict;
import dev.ash.protocol.json.Json;
import java.net.URI;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;

/** What a check found, as text and as JSON. */
public record Report(URI gateway, Instant at, List<Finding> findings) {
  private static final String RULER = "=".repeat(60);
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);

  public Report {
    findings = List.copyOf(findings);
  }

  public long count(Verdict verdict) {
    return findings.stream().filter(f -> f.verdict() == verdict).count();
  }

  /** 0 compatible, 1 not, 2 unknown. */
  public int exitCode() {
    if (count(Verdict.FAIL) > 0) {
      return 1;
    }
    return count(Verdict.PASS) > 0 ? 0 : 2;
  }

  public List<String> head() {
    return List.of(
        RULER,
        "Gateway Compatibility Validation",
        RULER,
        "Gateway URL: " + gateway,
        "Timestamp: " + TIME.format(at),
        "");
  }

  public List<String> lines(boolean verbose) {
    var lines = new ArrayList<String>();
    for (var finding : findings) {
      lines.add(finding.line());
      if (verbose) {
        if (!finding.details().isEmpty()) {
          lines.add("  Details: " + finding.details());
        }
        finding.evidence().forEach(e -> lines.add("  Evidence: " + e));
      }
    }
    return lines;
  }

  public List<String> summary() {
    var lines =
        new ArrayList<>(
            List.of(
                "",
                RULER,
                "Total Checks: " + findings.size(),
                "Passed: " + count(Verdict.PASS),
                "Failed: " + count(Verdict.FAIL),
                "Skipped: " + count(Verdict.SKIP),
                ""));
    switch (exitCode()) {
      case 0 -> lines.add("✓ Gateway is COMPATIBLE with Claude Code");
      case 1 -> {
        lines.add("✗ Gateway has COMPATIBILITY ISSUES");
        lines.add("");
        lines.add("Recommendations:");
        findings.stream()
            .filter(f -> f.verdict() == Verdict.FAIL)
            .forEach(f -> lines.add("- Fix: " + f.check()));
      }
      default -> lines.add("⚠ Cannot determine compatibility");
    }
    return lines;
  }

  public String json() {
    var root = Json.object().put("gateway_url", gateway.toString()).put("timestamp", at.toString());
    var results = root.putArray("results");
    for (var finding : findings) {
      var one = results.addObject().put("check", finding.check());
      switch (finding.verdict()) {
        case PASS -> one.put("passed", true);
        case FAIL -> one.put("passed", false);
        case SKIP -> one.putNull("passed");
      }
      one.put("message", finding.message()).put("details", finding.details());
      var evidence = one.putArray("evidence");
      finding.evidence().forEach(evidence::add);
    }
    root.putObject("summary")
        .put("total", findings.size())
        .put("passed", count(Verdict.PASS))
        .put("failed", count(Verdict.FAIL))
        .put("skipped", count(Verdict.SKIP));
    return root.toPrettyString();
  }
}
