package dev.ash.gateway.keys;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * A key store in a file (JSON, mode 0600). Several programs may change it at once: each takes a
 * lock file beside it and puts a whole new file in its place. Whoever only reads has the one or the
 * other.
 */
public final class KeyFile {
  private static final int FORM = 1;
  private static final int MAX_BYTES = 8 << 20;
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  /** The system's locks are the program's: within it, threads have to wait for each other here. */
  private static final ReentrantLock THREADS = new ReentrantLock();

  private final Path path;

  public KeyFile(Path path) {
    this.path = path.toAbsolutePath();
  }

  public Path path() {
    return path;
  }

  /**
   * What it says now; no keys where there is no file yet.
   *
   * @throws IOException it is a link, too large, or not a key store; the message says which
   */
  public KeyRing read() throws IOException {
    return parse(text());
  }

  /** The file as it is; empty where there is none. */
  String text() throws IOException {
    byte[] bytes;
    try (var in =
        Channels.newInputStream(
            Files.newByteChannel(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    } catch (NoSuchFileException _) {
      return "";
    } catch (IOException e) {
      throw told(path, e);
    }
    if (bytes.length > MAX_BYTES) {
      throw wrong("more than 8 MiB", "a key store");
    }
    return new String(bytes, UTF_8);
  }

  /**
   * Does what is wished to what the file says at that moment, and writes it if it changed anything.
   * It is on the disk when this returns.
   */
  public KeyRing.Change change(Function<KeyRing, KeyRing.Change> wish) throws IOException {
    THREADS.lock();
    try (var lock = lockFile();
        var _ = lock.lock()) {
      var before = read();
      var change = wish.apply(before);
      if (change instanceof KeyRing.Change.Changed(var ring) && !ring.equals(before)) {
        write(ring);
      }
      return change;
    } finally {
      THREADS.unlock();
    }
  }

  private FileChannel lockFile() throws IOException {
    var file = path.resolveSibling("." + path.getFileName() + ".lock");
    try {
      return FileChannel.open(
          file,
          Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
          OWNER_ONLY);
    } catch (IOException e) {
      throw told(file, e);
    }
  }

  /** The system says of a link neither that it is one nor which file it is. */
  private static IOException told(Path file, IOException e) {
    return Files.isSymbolicLink(file)
        ? new IOException(file + ": a link (expected: the file itself)", e)
        : e;
  }

  private void write(KeyRing ring) throws IOException {
    var folder = Optional.ofNullable(path.getParent()).orElse(Path.of("/"));
    var next = Files.createTempFile(folder, ".keys-", ".next", OWNER_ONLY);
    try {
      try (var out = FileChannel.open(next, StandardOpenOption.WRITE)) {
        var bytes = ByteBuffer.wrap(form(ring).getBytes(UTF_8));
        while (bytes.hasRemaining()) {
          var _ = out.write(bytes);
        }
        out.force(true);
      }
      Files.move(next, path, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(next);
    }
  }

  private static String form(KeyRing ring) {
    var root = Json.object().put("form", FORM);
    var list = root.putArray("keys");
    for (var key : ring.keys()) {
      var one =
          list.addObject()
              .put("id", key.id())
              .put("consumer", key.consumer())
              .put("label", key.label())
              .put("hash", key.hash())
              .put("created", key.created().toString())
              .put("expires", key.expires().toString());
      key.revoked().ifPresent(at -> one.put("revoked", at.toString()));
      key.successor().ifPresent(id -> one.put("successor", id));
    }
    return root.toPrettyString() + "\n";
  }

  KeyRing parse(String text) throws IOException {
    if (text.isEmpty()) {
      return KeyRing.empty();
    }
    var root = Json.parse(text).orElseThrow(() -> wrong("no JSON", "a key store"));
    if (root.path("form").asInt() != FORM || !root.path("keys").isArray()) {
      throw wrong("form " + root.path("form"), "form " + FORM + " with a list of keys");
    }
    var keys = new ArrayList<StoredKey>();
    var ids = new HashSet<String>();
    for (var one : root.path("keys")) {
      var key = key(one, "keys[" + keys.size() + "]");
      if (!ids.add(key.id()) || keys.size() >= KeyRing.MOST) {
        throw wrong("keys[" + keys.size() + "]", "each id once, and " + KeyRing.MOST + " at most");
      }
      keys.add(key);
    }
    return new KeyRing(keys);
  }

  private StoredKey key(JsonNode one, String where) throws IOException {
    var hash = need(one, where, "hash");
    if (!hash.matches("[0-9a-f]{64}")) {
      throw wrong(where + ".hash", "64 lower-case hex digits");
    }
    return new StoredKey(
        need(one, where, "id"),
        need(one, where, "consumer"),
        one.path("label").asText(),
        hash,
        time(where + ".created", need(one, where, "created")),
        time(where + ".expires", need(one, where, "expires")),
        one.has("revoked")
            ? Optional.of(time(where + ".revoked", need(one, where, "revoked")))
            : Optional.empty(),
        one.has("successor") ? Optional.of(need(one, where, "successor")) : Optional.empty());
  }

  private String need(JsonNode one, String where, String name) throws IOException {
    var value = one.path(name);
    if (!value.isTextual() || value.textValue().isEmpty()) {
      throw wrong(where + "." + name, "a text");
    }
    return value.textValue();
  }

  private Instant time(String where, String text) throws IOException {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException _) {
      throw wrong(where, "a time such as 2027-01-01T00:00:00Z");
    }
  }

  private IOException wrong(String what, String expected) {
    return new IOException(path + ": " + what + " (expected: " + expected + ")");
  }
}
