package dev.ash.gateway.keys;

import java.time.Instant;
import java.util.Optional;

/**
 * A key that was just made; nobody can read its text again.
 *
 * @param text what the caller sends
 */
public record NewKey(StoredKey stored, String text) {
  @Override
  public String toString() {
    return "NewKey[" + stored.id() + "]";
  }

  /**
   * A key that is nobody's yet.
   *
   * @param text what the caller sends
   */
  public record Unnamed(String id, String hash, Instant created, Instant expires, String text) {
    public NewKey of(String consumer, String label) {
      return new NewKey(
          new StoredKey(
              id, consumer, label, hash, created, expires, Optional.empty(), Optional.empty()),
          text);
    }

    @Override
    public String toString() {
      return "Unnamed[" + id + "]";
    }
  }
}
