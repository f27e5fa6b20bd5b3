package dev.ash.persistence;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.persistence.Database.Dialect;
import dev.ash.protocol.id.Digest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;

/**
 * The schema's versions in order. A file that was released is never edited: what is applied is
 * compared with it by checksum at every start.
 */
final class Schema {

  private static final List<Version> VERSIONS =
      List.of(
          new Version(1, "journal", true),
          new Version(2, "tables", false),
          new Version(3, "blobs", true),
          new Version(4, "cluster", false),
          new Version(5, "credentials", false),
          new Version(6, "agent_versions", false),
          new Version(7, "model", false),
          new Version(9, "queue", false),
          new Version(10, "usage", false),
          new Version(11, "evals", false),
          new Version(13, "parcels", false),
          new Version(14, "attachments", false),
          new Version(15, "listings", false),
          new Version(17, "agent_revision", false),
          new Version(18, "version_revision", false),
          new Version(19, "queue_takeovers", false),
          new Version(20, "model_request_ids", false));

  private Schema() {}

  static List<Script> scripts(Dialect dialect) {
    return VERSIONS.stream().map(version -> version.script(dialect)).toList();
  }

  static int newest() {
    return VERSIONS.getLast().number();
  }

  /**
   * One step of the schema.
   *
   * @param perDialect whether each database has a file of its own
   */
  private record Version(int number, String name, boolean perDialect) {
    Script script(Dialect dialect) {
      var folder = perDialect ? dialect.name().toLowerCase(Locale.ROOT) + "/" : "";
      var path = "/db/%sV%03d__%s.sql".formatted(folder, number, name);
      try (var in = Schema.class.getResourceAsStream(path)) {
        if (in == null) {
          throw new IllegalStateException("the program lacks its own file " + path);
        }
        var text = new String(in.readAllBytes(), UTF_8).replace("\r\n", "\n");
        return new Script(number, name, text);
      } catch (IOException e) {
        throw new UncheckedIOException("reading " + path, e);
      }
    }
  }

  /** The text of a step. A statement ends with a semicolon at the end of a line. */
  record Script(int number, String name, String text) {
    String checksum() {
      return Digest.of(text.getBytes(UTF_8)).hex();
    }

    List<String> statements() {
      var code = text.lines().filter(line -> !line.stripLeading().startsWith("--")).toList();
      return List.of(String.join("\n", code).split(";[ \\t]*(?:\\n|$)")).stream()
          .map(String::strip)
          .filter(statement -> !statement.isEmpty())
          .toList();
    }
  }
}
