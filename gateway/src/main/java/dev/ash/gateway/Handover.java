package dev.ash.gateway;

import dev.ash.gateway.keys.StoredKey;

/** A new key on its way to its caller. */
final class Handover {
  private Handover() {}

  /**
   * Two lines for the caller's shell on standard output, and about the key on standard error.
   *
   * @param key what the caller sends; nobody can read it again
   */
  static void tell(Surroundings world, String address, StoredKey stored, String key) {
    world.out().println("export ANTHROPIC_BASE_URL=" + quoted(address));
    world.out().println("export ANTHROPIC_AUTH_TOKEN=" + quoted(key));
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

  /** One word of a shell: an address may have an apostrophe in its path. */
  private static String quoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }
}
