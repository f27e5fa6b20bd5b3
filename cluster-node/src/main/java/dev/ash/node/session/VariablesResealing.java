package dev.ash.node.session;

import dev.ash.node.credentials.SealedVariables;
import dev.ash.node.credentials.SealedVariables.Opened;
import dev.ash.persistence.Database.DatabaseException;
import dev.ash.persistence.table.SessionTable;
import dev.ash.protocol.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Seals the variables of all sessions with the first master key, so that the others can be given up
 * when it has run, and none lies readable that an older version has stored.
 */
final class VariablesResealing {
  private static final Logger LOG = LoggerFactory.getLogger(VariablesResealing.class);

  /** Rows of one look, and of one commit; one may have some hundred KiB. */
  private static final int ROWS = 20;

  private final SessionTable table;
  private final SealedVariables variables;
  private int leftBefore;

  VariablesResealing(SessionTable table, SealedVariables variables) {
    this.table = table;
    this.variables = variables;
  }

  /** What one pass over all rows came to. */
  private static final class Pass {
    private int sealed;

    /** Rows that wait for the other nodes. */
    private int left;

    private final TreeMap<String, String> unreadable = new TreeMap<>();
    private boolean broken;
  }

  /** Blocks until it is done; false where some of it has to be done later. */
  boolean run() {
    var pass = new Pass();
    try {
      var after = "";
      for (var rows = table.environments(after, ROWS);
          !rows.isEmpty();
          rows = table.environments(after, ROWS)) {
        pass.sealed += table.replaceEnvironments(changes(rows, pass));
        after = rows.getLast().id().value();
      }
    } catch (DatabaseException e) {
      pass.broken = true;
      LOG.warn("Not all sessions' extraEnv could be sealed: {}", e.getMessage());
    }
    report(pass);
    return pass.left == 0 && !pass.broken;
  }

  private List<SessionTable.NewEnvironment> changes(
      List<SessionTable.Environment> rows, Pass pass) {
    var changes = new ArrayList<SessionTable.NewEnvironment>();
    for (var row : rows) {
      var stored = StoredDirectory.environment(row.envJson());
      if (variables.wantSealing(stored)) {
        switch (variables.open(row.id(), stored)) {
          case Opened.Plain(var values) -> {
            var sealed = variables.seal(row.id(), values);
            if (variables.wantSealing(sealed)) {
              pass.left++;
            } else {
              changes.add(new SessionTable.NewEnvironment(row, Json.write(sealed)));
            }
          }
          case Opened.Unreadable(var why) -> pass.unreadable.put(row.id().value(), why);
        }
      }
    }
    return changes;
  }

  /** The log has a last word for whoever waits to give up an old key. */
  private void report(Pass pass) {
    if (pass.left > 0) {
      if (pass.left != leftBefore) {
        LOG.info(
            "The extraEnv of {} sessions is sealed when every node has the first key of"
                + " ASH_CREDENTIAL_KEY",
            pass.left);
      }
    } else if (variables.haveKey() && !pass.broken) {
      LOG.info(
          "The extraEnv of all sessions is sealed with the first key of ASH_CREDENTIAL_KEY; {} were"
              + " not before",
          pass.sealed);
    }
    leftBefore = pass.left;
    if (!pass.unreadable.isEmpty()) {
      var first = pass.unreadable.firstEntry();
      LOG.warn(
          "The extraEnv of {} sessions cannot be read, as that of {}: {}",
          pass.unreadable.size(),
          first.getKey(),
          first.getValue());
    }
  }
}
