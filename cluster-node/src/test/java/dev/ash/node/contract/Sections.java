package dev.ash.node.contract;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The sections in the order in which they are walked: later ones use what earlier ones made. */
final class Sections {
  private Sections() {}

  static Map<String, List<Row>> all() {
    var sections = new LinkedHashMap<String, List<Row>>();
    sections.put("3 authentication", AuthRows.ROWS);
    sections.put("2.1 global behaviour", GlobalRows.ROWS);
    sections.put("2.3 and 8 health, metrics, docs", HealthRows.ROWS);
    sections.put("2.4 agents", AgentRows.ROWS);
    sections.put("2.5 versions", VersionRows.ROWS);
    sections.put("2.4 repeated deploys", RepeatedDeployRows.ROWS);
    sections.put("2.11 credentials", CredentialRows.ROWS);
    sections.put("2.6 sessions", SessionRows.ROWS);
    sections.put("2.7 messages", MessageRows.ROWS);
    sections.put("2.8 files", FileRows.ROWS);
    sections.put("2.6 ends of sessions", LifecycleRows.ROWS);
    sections.put("2.9 workspace bundles", BundleRows.ROWS);
    sections.put("2.10 attachments", AttachmentRows.ROWS);
    sections.put("2.12 queue", QueueRows.ROWS);
    sections.put("2.13 usage", UsageRows.ROWS);
    sections.put("2.14 evals", EvalRows.ROWS);
    sections.put("2.15 keys", KeyRows.ROWS);
    sections.put("2.2 validation", ValidationRows.ROWS);
    return sections;
  }
}
