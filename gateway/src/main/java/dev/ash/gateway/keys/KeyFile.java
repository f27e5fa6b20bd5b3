package dev.ash.gateway.keys;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * A key store in a file (JSON, mode 0600). Several programs may change it at once: each takes a
 * lock file beside it and puts a whole new file in its place. Whoever only reads has the one or the
 * other.
 */
public final class KeyFile {
  /** How long a change waits for another program's. */
  static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final Duration PAUSE = Duration.ofMillis(20);
  private static final int FORM = 1;
  private static final int MAX_BYTES = 8 << 20;
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  /** The system's locks are the program's: within it, threads have to wait for each other here. */
  private static final ReentrantLock THREADS = new ReentrantLock();

  private final Path path;
  private final Duration patience;

  public KeyFile(Path path) {
    this(path, PATIENCE);
  }

  KeyFile(Path path, Duration patience) {
    this.path = path.toAbsolutePath();
    this.patience = patience;
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
    return ring(text());
  }

  /** The file as it is; nothing where there is none. */
  Optional<String> text() throws IOException {
    byte[] bytes;
    try (var in =
        Channels.newInputStream(
            Files.newByteChannel(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    } catch (NoSuchFileException _) {
      return Optional.empty();
    } catch (IOException e) {
      throw told(path, e);
    }
    if (bytes.length > MAX_BYTES) {
      throw wrong("more than 8 MiB", "a key store");
    }
    return Optional.of(new String(bytes, UTF_8));
  }

  /** What a text of it says; no keys where there is none. */
  KeyRing ring(Optional<String> text) throws IOException {
    return text.isPresent() ? parse(text.get()) : KeyRing.empty();
  }

  /**
   * Does what is wished to what the file says at that moment, and writes it if it changed anything.
   * It is on the disk when this returns.
   *
   * @throws IOException the file cannot be read or written, or somebody else has been changing it
   *     for too long; then it is as it was
   */
  public KeyRing.Change change(Function<KeyRing, KeyRing.Change> wish) throws IOException {
    try {
      if (!THREADS.tryLock(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        throw busy();
      }
    } catch (InterruptedException _) {
      throw interrupted();
    }
    try (var channel = lockFile();
        var _ = locked(channel)) {
      var before = read();
      var change = wish.apply(before);
      if (!(change instanceof KeyRing.Change.Changed(var ring)) || ring.equals(before)) {
        return change;
      }
      var bytes = form(ring).getBytes(UTF_8);
      if (bytes.length > MAX_BYTES) {
        return new KeyRing.Change.Refused(
            KeyRing.Reason.FULL,
            "keys: " + bytes.length + " bytes (expected: 8 MiB; revoke what nobody uses)");
      }
      write(bytes);
      return change;
    } finally {
      THREADS.unlock();
    }
  }

  private FileLock locked(FileChannel channel) throws IOException {
    // The system has no lock that waits for so long and no longer.
    for (var left = patience.dividedBy(PAUSE); ; left--) {
      try {
        var lock = channel.tryLock();
        if (lock != null) {
          return lock;
        }
      } catch (OverlappingFileLockException _) {
        // Somebody in this very program has it who did not come through here.
      }
      if (left <= 0) {
        throw busy();
      }
      try {
        Thread.sleep(PAUSE);
      } catch (InterruptedException _) {
        throw interrupted();
      }
    }
  }

  private IOException busy() {
    return new IOException(
        lockPath()
            + ": locked for "
            + patience.toMillis()
            + " ms (expected: a change to end sooner; look which program has it open)");
  }

  private InterruptedIOException interrupted() {
    Thread.currentThread().interrupt();
    return new InterruptedIOException(lockPath() + ": interrupted while waiting for it");
  }

  private Path lockPath() {
    return path.resolveSibling("." + path.getFileName() + ".lock");
  }

  private FileChannel lockFile() throws IOException {
    var file = lockPath();
    try {
      var made =
          FileChannel.open(
              file,
              Set.of(
                  StandardOpenOption.CREATE_NEW,
                  StandardOpenOption.WRITE,
                  LinkOption.NOFOLLOW_LINKS),
              OWNER_ONLY);
      try {
        ownedAsBefore(file);
        return made;
      } catch (IOException e) {
        made.close();
        Files.deleteIfExists(file);
        throw e;
      }
    } catch (FileAlreadyExistsException _) {
      try {
        return FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
      } catch (IOException e) {
        throw told(file, e);
      }
    }
  }

  /**
   * Gives a file to whom the key store belongs: a gateway of another user must go on reading what
   * an administrator changed, or it would never hear of a revocation.
   */
  private void ownedAsBefore(Path made) throws IOException {
    PosixFileAttributes before;
    try {
      before = attributes(path);
    } catch (NoSuchFileException _) {
      return;
    }
    var now = attributes(made);
    try {
      var view =
          Files.getFileAttributeView(made, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
      if (!now.group().equals(before.group())) {
        view.setGroup(before.group());
      }
      if (!now.owner().equals(before.owner())) {
        view.setOwner(before.owner());
      }
    } catch (IOException e) {
      throw new IOException(
          path
              + ": belongs to "
              + before.owner().getName()
              + ":"
              + before.group().getName()
              + ", and a new one would not (expected: to be changed by that user or by root)",
          e);
    }
  }

  private static PosixFileAttributes attributes(Path file) throws IOException {
    return Files.readAttributes(file, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
  }

  /** The system says of a link neither that it is one nor which file it is. */
  private static IOException told(Path file, IOException e) {
    return Files.isSymbolicLink(file)
        ? new IOException(file + ": a link (expected: the file itself)", e)
        : e;
  }

  private void write(byte[] content) throws IOException {
    // What could not be read again would be the end of every key.
    var _ = parse(new String(content, UTF_8));
    var folder = Optional.ofNullable(path.getParent()).orElse(Path.of("/"));
    var next = Files.createTempFile(folder, ".keys-", ".next", OWNER_ONLY);
    try {
      ownedAsBefore(next);
      try (var out = FileChannel.open(next, StandardOpenOption.WRITE)) {
        var bytes = ByteBuffer.wrap(content);
        while (bytes.hasRemaining()) {
          var _ = out.write(bytes);
        }
        out.force(true);
      }
      Files.move(next, path, StandardCopyOption.ATOMIC_MOVE);
      try (var names = FileChannel.open(folder, StandardOpenOption.READ)) {
        names.force(true);
      }
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
    if (!ring.consumers().isEmpty()) {
      var consumers = root.putArray("consumers");
      for (var one : ring.consumers()) {
        consumers.addObject().put("name", one.name()).put("created", one.created().toString());
      }
    }
    return root.toPrettyString() + "\n";
  }

  private KeyRing parse(String text) throws IOException {
    if (text.isBlank()) {
      throw wrong("empty", "a key store; or delete it, and every key ends");
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
    return new KeyRing(keys, consumers(root.path("consumers")));
  }

  private List<StoredConsumer> consumers(JsonNode list) throws IOException {
    var consumers = new ArrayList<StoredConsumer>();
    var names = new HashSet<String>();
    for (var one : list) {
      var where = "consumers[" + consumers.size() + "]";
      var name = need(one, where, "name");
      if (!names.add(name) || consumers.size() >= KeyRing.MOST) {
        throw wrong(where, "each name once, and " + KeyRing.MOST + " at most");
      }
      consumers.add(
          new StoredConsumer(name, time(where + ".created", need(one, where, "created"))));
    }
    return consumers;
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
