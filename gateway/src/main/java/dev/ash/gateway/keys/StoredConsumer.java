package dev.ash.gateway.keys;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.UUID;

/** Somebody who may have keys. */
public record StoredConsumer(String name, Instant created) {
  /** The same for a name always, so that nobody has to keep it. */
  public String id() {
    return UUID.nameUUIDFromBytes(("consumer:" + name).getBytes(UTF_8)).toString();
  }
}
