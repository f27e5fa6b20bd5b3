package dev.ash.persistence;

import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.jdbc.db.SlickExtension;
import org.apache.pekko.persistence.jdbc.db.SlickExtensionImpl;
import slick.jdbc.JdbcDataSource;

/** The way to the pool that the journal of an actor system writes through. */
final class JournalConnections {
  private JournalConnections() {}

  /** The only place outside the config module that touches a raw configuration: Slick asks so. */
  static JdbcDataSource of(ActorSystem<?> system) {
    var slick = (SlickExtensionImpl) SlickExtension.get(system);
    return slick.database(system.settings().config().getConfig("jdbc-journal")).database().source();
  }
}
