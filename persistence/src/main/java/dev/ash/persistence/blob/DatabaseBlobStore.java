package dev.ash.persistence.blob;

import dev.ash.persistence.Database;
import dev.ash.persistence.Database.DatabaseException;
import dev.ash.protocol.id.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * Blobs in the database, for a cluster that shares nothing else. A content comes first to a file of
 * this machine, where its digest is found, and then to the database in one transaction.
 */
public final class DatabaseBlobStore implements BlobStore {
  private static final int PART = 512 << 10;

  private final Database database;
  private final Path spool;

  private DatabaseBlobStore(Database database, Path spool) {
    this.database = database;
    this.spool = spool;
  }

  /**
   * Opens the store.
   *
   * @param spool folder for contents on their way; its files are this process's own and are removed
   *     now if another left them
   */
  public static DatabaseBlobStore open(Database database, Path spool) throws IOException {
    SpoolFolder.open(spool);
    return new DatabaseBlobStore(database, spool);
  }

  @Override
  public boolean has(Digest digest) throws IOException {
    return sizeOf(digest).isPresent();
  }

  @Override
  public Digest put(InputStream content) throws IOException {
    var file = Files.createTempFile(spool, "blob", "");
    try {
      var hash = Digest.sha256();
      try (var out = new DigestOutputStream(Files.newOutputStream(file), hash)) {
        content.transferTo(out);
      }
      var digest = Digest.of(hash);
      if (!has(digest)) {
        store(digest, file);
      }
      return digest;
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private void store(Digest digest, Path file) throws IOException {
    try {
      database.write(
          connection -> {
            try (var in = Files.newInputStream(file)) {
              if (claim(connection, digest, Files.size(file))) {
                insertParts(connection, digest, in);
              }
              return true;
            } catch (IOException e) {
              throw new SQLException("reading the content back: " + e.getMessage(), e);
            }
          });
    } catch (DatabaseException e) {
      throw failed("stored", digest, e);
    }
  }

  /** False when somebody else has stored it; one who is at it is waited for. */
  private static boolean claim(Connection connection, Digest digest, long size)
      throws SQLException {
    try (var insert =
        connection.prepareStatement(
            "INSERT INTO blobs (digest, size) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING")) {
      insert.setString(1, digest.hex());
      insert.setLong(2, size);
      return insert.executeUpdate() == 1;
    }
  }

  private static void insertParts(Connection connection, Digest digest, InputStream in)
      throws SQLException, IOException {
    try (var insert =
        connection.prepareStatement(
            "INSERT INTO blob_parts (digest, part, bytes) VALUES (?, ?, ?)")) {
      var part = 0;
      for (var bytes = in.readNBytes(PART); bytes.length > 0; bytes = in.readNBytes(PART)) {
        insert.setString(1, digest.hex());
        insert.setInt(2, part++);
        insert.setBytes(3, bytes);
        insert.executeUpdate();
      }
    }
  }

  @Override
  public InputStream open(Digest digest) throws IOException {
    if (!has(digest)) {
      throw new NoSuchFileException("blob " + digest);
    }
    return new VerifyingStream(new PartsStream(part -> part(digest, part)), digest);
  }

  private Optional<byte[]> part(Digest digest, int number) throws IOException {
    return read(
        digest,
        connection -> {
          try (var select =
              connection.prepareStatement(
                  "SELECT bytes FROM blob_parts WHERE digest = ? AND part = ?")) {
            select.setString(1, digest.hex());
            select.setInt(2, number);
            try (var rows = select.executeQuery()) {
              return rows.next() ? Optional.of(rows.getBytes(1)) : Optional.empty();
            }
          }
        });
  }

  @Override
  public long size(Digest digest) throws IOException {
    return sizeOf(digest).orElseThrow(() -> new NoSuchFileException("blob " + digest));
  }

  private OptionalLong sizeOf(Digest digest) throws IOException {
    return read(
        digest,
        connection -> {
          try (var select =
              connection.prepareStatement("SELECT size FROM blobs WHERE digest = ?")) {
            select.setString(1, digest.hex());
            try (var rows = select.executeQuery()) {
              return rows.next() ? OptionalLong.of(rows.getLong(1)) : OptionalLong.empty();
            }
          }
        });
  }

  @Override
  public void forEach(Consumer<Digest> consumer) throws IOException {
    try {
      database
          .read(
              connection -> {
                try (var select = connection.prepareStatement("SELECT digest FROM blobs");
                    var rows = select.executeQuery()) {
                  var found = new ArrayList<Digest>();
                  while (rows.next()) {
                    found.add(new Digest(rows.getString(1)));
                  }
                  return found;
                }
              })
          .forEach(consumer);
    } catch (DatabaseException e) {
      throw new IOException("blobs could not be listed: " + e.getMessage(), e);
    }
  }

  @Override
  public boolean delete(Digest digest) throws IOException {
    try {
      return database.write(
          connection -> {
            try (var parts =
                    connection.prepareStatement("DELETE FROM blob_parts WHERE digest = ?");
                var blob = connection.prepareStatement("DELETE FROM blobs WHERE digest = ?")) {
              parts.setString(1, digest.hex());
              parts.executeUpdate();
              blob.setString(1, digest.hex());
              return blob.executeUpdate() == 1;
            }
          });
    } catch (DatabaseException e) {
      throw failed("deleted", digest, e);
    }
  }

  private <T> T read(Digest digest, Database.Work<T> work) throws IOException {
    try {
      return database.read(work);
    } catch (DatabaseException e) {
      throw failed("read", digest, e);
    }
  }

  private static IOException failed(String what, Digest digest, DatabaseException cause) {
    return new IOException(
        "blob %s could not be %s: %s".formatted(digest, what, cause.getMessage()), cause);
  }
}
