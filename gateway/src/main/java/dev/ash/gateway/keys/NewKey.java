package dev.ash.gateway.keys;

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
}
