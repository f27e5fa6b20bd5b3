package dev.ash.persistence.table;

import dev.ash.protocol.http.EntityTag;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.http.Mismatch;
import java.util.Optional;

/** Ends a transaction whose change is not wanted in the state that it met. */
public final class StaleException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Mismatch why;

  private StaleException(Mismatch why) {
    super(why.toString(), null, false, false);
    this.why = why;
  }

  /** Goes on if what is in this state may be changed. */
  static void require(IfMatch guard, EntityTag current) {
    require(guard, Optional.of(current));
  }

  /** The same for what may not be there: then there is no tag. */
  static void require(IfMatch guard, Optional<EntityTag> current) {
    var mismatch = guard.mismatch(current);
    if (mismatch.isPresent()) {
      throw new StaleException(mismatch.get());
    }
  }

  public Mismatch why() {
    return why;
  }
}
