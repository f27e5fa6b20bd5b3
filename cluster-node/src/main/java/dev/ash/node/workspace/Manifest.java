package dev.ash.node.workspace;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.ash.node.bridge.Bridge.Kind;
import dev.ash.node.workspace.Workspaces.Entry;
import dev.ash.protocol.id.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A stored file tree. The JSON of a tree is canonical, so that equal trees have equal digests: this
 * text is stored for ever, and a change of it makes a new digest for everything.
 *
 * <p>A tree is sound by construction: paths are clean, unique and sorted, and nothing lies below a
 * file or a link. Folders that hold something need not be listed themselves.
 */
record Manifest(List<Entry> entries) {
  static final int MAX_ENTRIES = 200_000;
  static final int MAX_BYTES = 64 << 20;

  private static final int VERSION = 1;
  private static final int PERMISSIONS = 0777;
  private static final int MAX_TARGET_BYTES = 4095;
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999999999Z");
  private static final JsonFactory JSON = new JsonFactory();

  /** Throws when the tree is not sound: entries that come from outside are checked first. */
  Manifest {
    entries = sorted(entries);
    var problem = problem(entries);
    if (problem.isPresent()) {
      throw new IllegalArgumentException("manifest: " + problem.get());
    }
  }

  /**
   * What is wrong with a tree, if anything is: a text for people that names the entry.
   *
   * @param sorted as {@link #sorted} gives them
   */
  static Optional<String> problem(List<Entry> sorted) {
    if (sorted.size() > MAX_ENTRIES) {
      return Optional.of(sorted.size() + " entries (expected: at most " + MAX_ENTRIES + ")");
    }
    var kinds = HashMap.<String, Kind>newHashMap(sorted.size());
    for (var entry : sorted) {
      if (!fits(entry, kinds)) {
        return Optional.of(
            entry.path() + " (expected: a clean path, used once, with only folders above it)");
      }
      if (entry.blob().isPresent() != (entry.kind() == Kind.FILE)) {
        return Optional.of(entry.path() + " (expected: content for a file and for nothing else)");
      }
      kinds.put(entry.path(), entry.kind());
    }
    return Optional.empty();
  }

  /** The entries of a tree that can be stored; the rest is left out. */
  static List<Entry> soundOf(List<Entry> sorted) {
    var kinds = HashMap.<String, Kind>newHashMap(sorted.size());
    var sound = new ArrayList<Entry>(sorted.size());
    for (var entry : sorted) {
      if (fits(entry, kinds)) {
        kinds.put(entry.path(), entry.kind());
        sound.add(entry);
      }
    }
    return sound;
  }

  static List<Entry> sorted(List<Entry> entries) {
    return entries.stream()
        .map(Manifest::normal)
        .sorted(Comparator.comparing(Entry::path))
        .toList();
  }

  /** Only what a tree keeps: permission bits, times that every file system can hold. */
  private static Entry normal(Entry entry) {
    var at = entry.modified();
    var modified = at.isBefore(Instant.EPOCH) ? Instant.EPOCH : at.isAfter(LATEST) ? LATEST : at;
    return new Entry(
        entry.path(),
        entry.kind(),
        entry.kind() == Kind.FILE ? Math.max(0, entry.size()) : 0,
        entry.kind() == Kind.LINK ? PERMISSIONS : entry.mode() & PERMISSIONS,
        modified,
        entry.blob(),
        entry.target());
  }

  /** In path order, every folder comes before what it holds. */
  private static boolean fits(Entry entry, Map<String, Kind> before) {
    return PathRules.isClean(entry.path())
        && !before.containsKey(entry.path())
        && PathRules.parents(entry.path()).stream()
            .allMatch(parent -> before.getOrDefault(parent, Kind.DIRECTORY) == Kind.DIRECTORY)
        && (entry.kind() != Kind.LINK || entry.target().filter(Manifest::isTarget).isPresent());
  }

  private static boolean isTarget(String target) {
    return !target.isEmpty()
        && target.indexOf('\0') < 0
        && UTF_8.newEncoder().canEncode(target)
        && target.getBytes(UTF_8).length <= MAX_TARGET_BYTES;
  }

  byte[] json() throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var out = JSON.createGenerator(bytes)) {
      out.writeStartObject();
      out.writeNumberField("version", VERSION);
      out.writeArrayFieldStart("entries");
      for (var entry : entries) {
        out.writeStartObject();
        out.writeStringField("path", entry.path());
        out.writeStringField("kind", entry.kind().name().toLowerCase(Locale.ROOT));
        out.writeNumberField("mode", entry.mode());
        out.writeStringField("modified", entry.modified().toString());
        if (entry.kind() == Kind.FILE) {
          out.writeNumberField("size", entry.size());
          out.writeStringField("blob", entry.blob().orElseThrow().hex());
        }
        if (entry.kind() == Kind.LINK) {
          out.writeStringField("target", entry.target().orElseThrow());
        }
        out.writeEndObject();
        if (bytes.size() > MAX_BYTES) {
          throw new Workspaces.TooLargeException(
              "The names of the files are too long together (max " + MAX_BYTES + " bytes)");
        }
      }
      out.writeEndArray();
      out.writeEndObject();
    }
    return bytes.toByteArray();
  }

  /**
   * Reads what {@link #json} wrote; anything else is an {@link IOException}. The stream is read to
   * its end, because that is where a blob store says that it is corrupt.
   */
  static Manifest parse(InputStream in) throws IOException {
    var bytes = in.readNBytes(MAX_BYTES + 1);
    if (bytes.length > MAX_BYTES) {
      throw new IOException("a stored manifest cannot be read: more than " + MAX_BYTES + " bytes");
    }
    try (var json = JSON.createParser(bytes)) {
      expect(json, JsonToken.START_OBJECT);
      expectField(json, "version");
      json.nextToken();
      if (json.getIntValue() != VERSION) {
        throw new IOException(
            "manifest version: " + json.getIntValue() + " (expected: " + VERSION + ")");
      }
      expectField(json, "entries");
      expect(json, JsonToken.START_ARRAY);
      var entries = new ArrayList<Entry>();
      while (json.nextToken() == JsonToken.START_OBJECT) {
        entries.add(entry(json));
      }
      return new Manifest(entries);
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new IOException("a stored manifest cannot be read: " + e.getMessage(), e);
    }
  }

  private static Entry entry(JsonParser json) throws IOException {
    var text = new HashMap<String, String>();
    var number = new HashMap<String, Long>();
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      var name = json.currentName();
      if (json.nextToken() == JsonToken.VALUE_NUMBER_INT) {
        number.put(name, json.getLongValue());
      } else {
        text.put(name, json.getText());
      }
    }
    var kind = Kind.valueOf(text.getOrDefault("kind", "").toUpperCase(Locale.ROOT));
    var blob = Optional.ofNullable(text.get("blob")).map(Digest::new);
    return new Entry(
        text.getOrDefault("path", ""),
        kind,
        number.getOrDefault("size", 0L),
        number.getOrDefault("mode", 0L).intValue(),
        Instant.parse(text.getOrDefault("modified", "")),
        blob,
        Optional.ofNullable(text.get("target")));
  }

  private static void expect(JsonParser json, JsonToken token) throws IOException {
    if (json.nextToken() != token) {
      throw new IOException("a stored manifest cannot be read: no " + token);
    }
  }

  private static void expectField(JsonParser json, String name) throws IOException {
    if (!name.equals(json.nextFieldName())) {
      throw new IOException("a stored manifest cannot be read: no " + name);
    }
  }
}
