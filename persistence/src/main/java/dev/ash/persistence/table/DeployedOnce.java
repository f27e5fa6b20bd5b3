package dev.ash.persistence.table;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a deployment with a key made, as it is remembered beside the key. Nodes of earlier releases
 * read this as well.
 */
record DeployedOnce(String id, int version, Instant updatedAt, String path) {
  /** Makes a tag that was never given away: what was deployed may have been changed since. */
  private static final long NO_REVISION = 0;

  static DeployedOnce of(AgentRow row) {
    return new DeployedOnce(row.id(), row.version(), row.updatedAt(), row.path());
  }

  /** A path may hold anything, so it comes last. */
  String text() {
    return id + " " + version + " " + SqlTime.text(updatedAt) + " " + path;
  }

  static DeployedOnce parse(String text) {
    var parts = List.of(text.split(" ", 4));
    return new DeployedOnce(
        parts.get(0), Integer.parseInt(parts.get(1)), SqlTime.instant(parts.get(2)), parts.get(3));
  }

  /** The row as it was then; empty when the name is another agent's by now. */
  Optional<AgentRow> in(AgentRow row) {
    return row.id().equals(id)
        ? Optional.of(
            new AgentRow(
                row.tenant(),
                row.name(),
                id,
                version,
                path,
                row.envJson(),
                row.configJson(),
                row.folder(),
                row.createdAt(),
                updatedAt,
                NO_REVISION))
        : Optional.empty();
  }
}
