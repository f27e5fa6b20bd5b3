package dev.ash.gateway.keys;

import dev.ash.gateway.config.FileTrouble;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A key store as a running gateway knows it. Safe for any thread; finding a key never waits. */
public final class LiveKeys {
  private static final Logger LOG = LoggerFactory.getLogger(LiveKeys.class);

  private record Known(Optional<String> text, KeyRing ring, Map<String, StoredKey> byHash) {}

  private final KeyFile file;
  private volatile Known known;

  /** Why what the file says now cannot be used; empty while it is in force. */
  private String told = "";

  /**
   * @throws IOException what the file says cannot be used
   */
  public LiveKeys(KeyFile file) throws IOException {
    this.file = file;
    this.known = known(file.text());
  }

  public KeyFile file() {
    return file;
  }

  public KeyRing ring() {
    return known.ring();
  }

  /** The key with this hash, whatever its state. */
  public Optional<StoredKey> find(String hash) {
    return Optional.ofNullable(known.byHash().get(hash));
  }

  /** Changes the file; when this returns the change is in force here. */
  public KeyRing.Change change(Function<KeyRing, KeyRing.Change> wish) throws IOException {
    // Not within the monitor: a change may wait for another program's, and looking must go on.
    var change = file.change(wish);
    take();
    return change;
  }

  private synchronized void take() throws IOException {
    known = known(file.text());
  }

  /**
   * Takes what others changed. A file that cannot be used is told once and changes nothing.
   *
   * @return whether what the file says is in force
   */
  public synchronized boolean look() {
    try {
      var text = file.text();
      if (!text.equals(known.text())) {
        known = known(text);
      }
      told = "";
      return true;
    } catch (IOException e) {
      var why = FileTrouble.of(e);
      if (!why.equals(told)) {
        told = why;
        LOG.error("key store: {}; the keys before stay in force", why);
      }
      return false;
    }
  }

  private Known known(Optional<String> text) throws IOException {
    var ring = file.ring(text);
    var byHash = new HashMap<String, StoredKey>();
    ring.keys().forEach(key -> byHash.put(key.hash(), key));
    return new Known(text, ring, Map.copyOf(byHash));
  }
}
