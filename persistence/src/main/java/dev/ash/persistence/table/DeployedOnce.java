package dev.ash.persistence.table;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a deployment with a key made, as it is remembered beside the key.
 *
 * @param revision 0 where it is not known: a tag that was never given away
 */
record DeployedOnce(String id, int version, long revision, Instant updatedAt, String path) {

  static DeployedOnce of(AgentRow row) {
    return new DeployedOnce(row.id(), row.version(), row.revision(), row.updatedAt(), row.path());
  }

  /** A path may hold anything, so it comes last. */
  String text() {
    return id + " " + version + "/" + revision + " " + SqlTime.text(updatedAt) + " " + path;
  }

  static DeployedOnce parse(String text) {
    var parts = List.of(text.split(" ", 4));
    // Without a revision it was written by an earlier release.
    var counts = List.of(parts.get(1).split("/", 2));
    return new DeployedOnce(
        parts.get(0),
        Integer.parseInt(counts.getFirst()),
        counts.size() == 2 ? Long.parseLong(counts.getLast()) : 0,
        SqlTime.instant(parts.get(2)),
        parts.get(3));
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
                revision))
        : Optional.empty();
  }
}
