package dev.ash.node.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.ash.config.AuthConfig;
import dev.ash.persistence.Database.DatabaseException;
import dev.ash.persistence.table.ApiKeyTable;
import dev.ash.persistence.table.ApiKeyTable.ApiKeyRow;
import dev.ash.protocol.id.TenantId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the first key of an installation, once: when there is no key in the database and none in
 * the environment. Runs before the API listens, so there is no moment without authentication.
 *
 * <p>The file is there before the row. A crash in between leaves a file with a key that nobody
 * accepts, which the next start replaces; the other order could leave a key that nobody knows.
 */
public final class KeyBootstrap {
  /** Read, and then deleted, by the command line client. */
  public static final String FILE = "initial-api-key";

  private static final Logger LOG = LoggerFactory.getLogger(KeyBootstrap.class);
  private static final String LABEL = "auto-generated";
  private static final String OWNER_ONLY = "rw-------";

  /** The same on every node: of several that start at once on an empty database, one wins. */
  private static final String ID = "00000000-0000-4000-8000-000000000001";

  private final ApiKeyTable table;
  private final AuthConfig config;
  private final Path dataDir;
  private final InstantSource clock;
  private final Supplier<UUID> ids;
  private final SecureRandom random;

  public KeyBootstrap(
      ApiKeyTable table,
      AuthConfig config,
      Path dataDir,
      InstantSource clock,
      Supplier<UUID> ids,
      SecureRandom random) {
    this.table = table;
    this.config = config;
    this.dataDir = dataDir;
    this.clock = clock;
    this.ids = ids;
    this.random = random;
  }

  /** Blocks. Empty when there was a key already, or another node made one at the same time. */
  public Optional<FirstKey> run() throws IOException {
    LOG.info("API key authentication enabled");
    if (config.apiKey().isPresent() || table.any()) {
      return Optional.empty();
    }
    var file = dataDir.resolve(FILE);
    var key = ApiKey.generate(random);
    write(file, key);
    if (!insert(key)) {
      Files.deleteIfExists(file);
      return Optional.empty();
    }
    LOG.info("API key generated and written to {}", file);
    return Optional.of(new FirstKey(key.text(), file));
  }

  private boolean insert(ApiKey key) {
    var hash = new KeyHash(config.credentialKeys()).of(key.text());
    try {
      table.insert(new ApiKeyRow(ID, TenantId.DEFAULT, hash, LABEL, clock.instant()));
      return true;
    } catch (DatabaseException e) {
      if (table.any()) {
        LOG.info("another node generated the first API key");
        return false;
      }
      throw e;
    }
  }

  /** Whole or not at all. A link of that name is refused, and never followed. */
  private void write(Path file, ApiKey key) throws IOException {
    if (Files.exists(file, NOFOLLOW_LINKS) && !Files.isRegularFile(file, NOFOLLOW_LINKS)) {
      throw new IOException(
          file + ": not a file (expected: nothing, or a key of an earlier start)");
    }
    Files.createDirectories(dataDir);
    var aside = dataDir.resolve(FILE + "." + ids.get());
    try {
      var ownerOnly = PosixFilePermissions.fromString(OWNER_ONLY);
      try (var channel =
          FileChannel.open(
              aside,
              Set.of(CREATE_NEW, WRITE, NOFOLLOW_LINKS),
              PosixFilePermissions.asFileAttribute(ownerOnly))) {
        for (var bytes = ByteBuffer.wrap(key.text().getBytes(UTF_8)); bytes.hasRemaining(); ) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      // A umask can take bits away from what was asked for.
      Files.getFileAttributeView(aside, PosixFileAttributeView.class, NOFOLLOW_LINKS)
          .setPermissions(ownerOnly);
      Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(aside);
    }
  }

  /** The key in clear, to be shown to whoever started the node, once and nowhere else. */
  public record FirstKey(String key, Path file) {
    @Override
    public String toString() {
      return "FirstKey[***, " + file + "]";
    }
  }
}
