package dev.ash.gateway;

import dev.ash.gateway.keys.NewKey;

/** A new key on its way to its caller. */
final class Handover {
  private Handover() {}

  /** Two lines for the caller's shell on standard output, and about the key on standard error. */
  static void tell(Surroundings world, String address, NewKey key) {
    world.out().println("export ANTHROPIC_BASE_URL='" + address + "'");
    world.out().println("export ANTHROPIC_AUTH_TOKEN='" + key.text() + "'");
    var stored = key.stored();
    world
        .err()
        .println(
            stored.id()
                + " of "
                + stored.consumer()
                + " ends at "
                + stored.expires()
                + "; the key is shown this once");
  }
}
