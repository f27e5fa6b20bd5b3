package dev.ash.node.session;

import dev.ash.node.credentials.SealedVariables;
import dev.ash.node.credentials.SealedVariables.Opened;
import dev.ash.persistence.Database.DatabaseException;
import dev.ash.persistence.table.SessionTable;
import dev.ash.protocol.json.Json;
import java.util.ArrayList;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Seals the variables of all sessions with the first master key, so that the others can be given up
 * when it has run, and none lies readable that an older version has stored.
 */
final class VariablesResealing {
  private static final Logger LOG = LoggerFactory.getLogger(VariablesResealing.class);

  /** Rows of one look, and of one commit. */
  private static final int ROWS = 100;

  private final SessionTable table;
  private final SealedVariables variables;

  VariablesResealing(SessionTable table, SealedVariables variables) {
    this.table = table;
    this.variables = variables;
  }

  /** Blocks until it is done. What cannot be done now is done at the next start. */
  void run() {
    var done = 0;
    var unreadable = new TreeMap<String, String>();
    try {
      var after = "";
      for (var rows = table.environments(after, ROWS);
          !rows.isEmpty();
          rows = table.environments(after, ROWS)) {
        var changes = new ArrayList<SessionTable.NewEnvironment>();
        for (var row : rows) {
          var stored = StoredDirectory.environment(row.envJson());
          if (variables.wantSealing(stored)) {
            switch (variables.open(row.id(), stored)) {
              case Opened.Plain(var values) ->
                  changes.add(
                      new SessionTable.NewEnvironment(
                          row, Json.write(variables.seal(row.id(), values))));
              case Opened.Unreadable(var why) -> unreadable.put(row.id().value(), why);
            }
          }
        }
        done += table.replaceEnvironments(changes);
        after = rows.getLast().id().value();
      }
    } catch (DatabaseException e) {
      LOG.warn("Not all sessions' extraEnv could be sealed: {}", e.getMessage());
    }
    if (done > 0) {
      LOG.info("Sealed the extraEnv of {} sessions with the first key of ASH_CREDENTIAL_KEY", done);
    }
    if (!unreadable.isEmpty()) {
      var first = unreadable.firstEntry();
      LOG.warn(
          "The extraEnv of {} sessions cannot be read, as that of {}: {}",
          unreadable.size(),
          first.getKey(),
          first.getValue());
    }
  }
}
