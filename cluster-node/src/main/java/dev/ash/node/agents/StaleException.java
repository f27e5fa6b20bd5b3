package dev.ash.node.agents;

import dev.ash.persistence.table.AgentRow;
import dev.ash.protocol.http.EntityTag;
import dev.ash.protocol.http.IfMatch;

/** Ends a transaction whose change is not wanted in the state that it met. */
final class StaleException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String opaque;

  private StaleException(EntityTag current) {
    super(current.toString(), null, false, false);
    this.opaque = current.opaque();
  }

  /** An agent's state; it tells nothing of the environment, which may be secret. */
  static EntityTag tag(AgentRow row) {
    return EntityTag.strong(row.id() + "-" + row.revision());
  }

  /** The same row, if it may be changed. */
  static AgentRow requireWanted(IfMatch guard, AgentRow row) {
    var current = tag(row);
    if (!guard.allows(current)) {
      throw new StaleException(current);
    }
    return row;
  }

  EntityTag current() {
    return EntityTag.strong(opaque);
  }
}
