package dev.ash.node.e2e;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Looks for what nodes were given in confidence wherever somebody could find it. Every {@link
 * StartedNode} is searched when it is closed: its log and files over all its lives, its sandboxes
 * and metrics as they are in the last one.
 *
 * <p>What is found is told by the place and the secret's name, never by its text.
 */
public final class SecretSearch {
  /** The variables of a node whose values are secrets. */
  private static final List<String> VARIABLES =
      List.of(
          "ANTHROPIC_API_KEY",
          "ANTHROPIC_AUTH_TOKEN",
          "ASH_API_KEY",
          "ASH_CREDENTIAL_KEY",
          "ASH_INTERNAL_SECRET",
          "ASH_MODEL_CLIENT_SECRET",
          "AWS_SECRET_ACCESS_KEY",
          "AWS_SESSION_TOKEN",
          "VAULT_TOKEN");

  /** Those that name files with secrets. */
  private static final List<String> FILES =
      List.of(
          "ANTHROPIC_API_KEY_FILE",
          "ANTHROPIC_AUTH_TOKEN_FILE",
          "ASH_MODEL_CLIENT_SECRET_FILE",
          "VAULT_TOKEN_FILE");

  private static final String HEADERS = "ANTHROPIC_CUSTOM_HEADERS";

  /** Custom headers whose values may be seen by anybody. */
  private static final Set<String> OPEN_HEADERS = Set.of("x-team-id", "x-provider");

  /** Below it a text may stand somewhere by chance. */
  private static final int SHORTEST = 12;

  private static final int CHUNK = 1 << 20;

  /** How every gzip'd text begins, with the only method that there is. */
  private static final String GZIP = "\u001f\u008b\b";

  private static final int LONGEST_PACKED = 1 << 20;
  private static final int LONGEST_UNPACKED = 4 << 20;

  /** A small archive that two pieces share is whole in one of them. */
  private static final int PACKED_OVERLAP = 64 << 10;

  private static final long LONGEST_FILE = 64L << 20;
  private static final List<String> FOLDERS_INSIDE =
      List.of("tmp", "home", "workspace", "run", "dev/shm", "var/tmp");

  /** Of all nodes of this run, for what they share. */
  private static final Map<String, String> ALL = new ConcurrentHashMap<>();

  /** Their names by their texts. */
  private final Map<String, String> names;

  /** What is said of a text that is found: a secret's name, and the form it has there. */
  private final Map<String, String> findings = new HashMap<>();

  private final Needles needles;
  private final int overlap;

  private SecretSearch(Map<String, String> names) {
    this.names = Map.copyOf(names);
    names.forEach(
        (text, name) ->
            SecretForms.of(text)
                .forEach(
                    (form, formName) ->
                        findings.putIfAbsent(
                            form, formName.isEmpty() ? name : name + " in " + formName)));
    this.needles = new Needles(findings.keySet());
    this.overlap =
        findings.keySet().stream().mapToInt(String::length).reduce(PACKED_OVERLAP, Math::max);
  }

  /** For some texts by their names. */
  public static SecretSearch of(Map<String, String> secrets) {
    var names = new HashMap<String, String>();
    secrets.forEach(
        (name, text) -> {
          if (text.length() < SHORTEST) {
            throw new IllegalArgumentException(
                "%s has %d characters (expected: %d or more, so that finding it is no chance)"
                    .formatted(name, text.length(), SHORTEST));
          }
          names.put(text, name);
        });
    return new SecretSearch(names);
  }

  /** For those of both, in one look. */
  SecretSearch and(SecretSearch other) {
    var all = new HashMap<>(names);
    all.putAll(other.names);
    return new SecretSearch(all);
  }

  /** For the secrets in a node's environment. */
  static SecretSearch ofNode(Map<String, String> environment) throws IOException {
    var found = new TreeMap<String, String>();
    for (var name : VARIABLES) {
      var value = environment.getOrDefault(name, "");
      // Several keys of which the first is the newest.
      var count = 0;
      for (var part : value.split(",", -1)) {
        if (!part.isBlank() && !isPlace(part)) {
          found.put(name + (count++ == 0 ? "" : " (old)"), part.strip());
        }
      }
    }
    for (var name : FILES) {
      if (environment.containsKey(name)) {
        found.put(name, Files.readString(Path.of(environment.get(name))).strip());
      }
    }
    for (var header : environment.getOrDefault(HEADERS, "").split("[\n,]", -1)) {
      var colon = header.indexOf(':');
      var name = colon < 0 ? "" : header.substring(0, colon).strip();
      var value = header.substring(colon + 1).strip();
      if (colon > 0 && !OPEN_HEADERS.contains(name) && !isPlace(value)) {
        found.put("header " + name, value);
      }
    }
    var account = environment.get("GOOGLE_APPLICATION_CREDENTIALS");
    if (account != null) {
      found.put("private key of GOOGLE_APPLICATION_CREDENTIALS", privateKey(Path.of(account)));
    }
    var search = of(found);
    ALL.putAll(search.names);
    return search;
  }

  /** For those of all nodes that were started so far, in what these share. */
  public static SecretSearch ofAllNodes() {
    return new SecretSearch(ALL);
  }

  /** A line of it in the middle, as it also stands in a copy that was broken otherwise. */
  private static String privateKey(Path account) throws IOException {
    var pem = StrictClient.json(Files.readString(account)).path("private_key").asText();
    return pem.lines().skip(2).findFirst().orElseThrow();
  }

  private static boolean isPlace(String text) {
    return text.contains("://");
  }

  /** Fails when something was found. */
  public static void assertNone(List<String> found) {
    if (!found.isEmpty()) {
      throw new AssertionError("secrets were found: " + String.join("; ", found));
    }
  }

  /** Fails when one is there. */
  public void assertNotIn(String where, String text) {
    assertNone(in(where, text));
  }

  /**
   * Where and which, for every one in the text: also in base64, percent-encoding, JSON's escapes,
   * hex and UTF-16, and in what is gzip'd in the text (one character a byte).
   */
  public List<String> in(String where, String text) {
    var found = new ArrayList<>(plainly(where, text));
    for (var at = text.indexOf(GZIP); at >= 0; at = text.indexOf(GZIP, at + 1)) {
      found.addAll(plainly(where + " (gzip'd)", unpacked(text, at)));
    }
    return found.stream().distinct().toList();
  }

  private List<String> plainly(String where, String text) {
    return needles.in(text).stream().map(form -> where + " has " + findings.get(form)).toList();
  }

  /** As much as can be read: it may be cut off, or be no archive at all. */
  private static String unpacked(String text, int at) {
    var packed = text.substring(at, Math.min(text.length(), at + LONGEST_PACKED));
    var bytes = new ByteArrayOutputStream();
    try (var in = new GZIPInputStream(new ByteArrayInputStream(packed.getBytes(ISO_8859_1)))) {
      var buffer = new byte[CHUNK >> 4];
      for (var count = in.read(buffer);
          count >= 0 && bytes.size() < LONGEST_UNPACKED;
          count = in.read(buffer)) {
        bytes.write(buffer, 0, count);
      }
    } catch (IOException e) {
      // What came before it is looked at.
    }
    return bytes.toString(ISO_8859_1);
  }

  /** Regular files, without following links; of a huge one the first 64 MiB. */
  public List<String> inFiles(Path folder) throws IOException {
    var found = new ArrayList<String>();
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      return found;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (attributes.isRegularFile()) {
              found.addAll(inFile(file));
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException why) {
            return FileVisitResult.CONTINUE; // it went meanwhile
          }

          @Override
          public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException why) {
            return FileVisitResult.CONTINUE;
          }
        });
    return found;
  }

  private List<String> inFile(Path file) {
    var found = new HashSet<String>();
    try (var in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      search(in, file.toString(), found);
    } catch (IOException e) {
      // Gone meanwhile, or its owner has taken away the right to read it.
    }
    return List.copyOf(found);
  }

  private void search(InputStream in, String where, Set<String> found) throws IOException {
    var rest = "";
    var read = 0L;
    for (var bytes = in.readNBytes(CHUNK);
        bytes.length > 0 && read < LONGEST_FILE;
        bytes = in.readNBytes(CHUNK)) {
      read += bytes.length;
      var text = rest + new String(bytes, ISO_8859_1);
      found.addAll(in(where, text));
      rest = text.substring(Math.max(0, text.length() - overlap));
    }
  }

  /**
   * Environment, arguments, all memory that the processes can write, and the files of their own
   * mounts. One that has left meanwhile, or that this user may not look into, has nothing.
   */
  public List<String> inProcesses(Collection<ProcessHandle> processes) {
    var found = new ArrayList<String>();
    var mounts = new HashSet<Path>();
    for (var process : processes) {
      var proc = Path.of("/proc", Long.toString(process.pid()));
      try {
        var arguments = new String(Files.readAllBytes(proc.resolve("cmdline")), ISO_8859_1);
        if (arguments.contains("jspawnhelper") || arguments.contains("dev.ash.node.Main")) {
          continue; // still the node's own, on its way to become something else
        }
        found.addAll(in(proc + " (arguments)", arguments));
        found.addAll(
            in(
                proc + " (environment)",
                new String(Files.readAllBytes(proc.resolve("environ")), ISO_8859_1)));
        ProcessMemory.read(proc, overlap, text -> found.addAll(in(proc + " (memory)", text)));
        if (mounts.add(Files.readSymbolicLink(proc.resolve("ns/mnt"))) && !hasOurRoot(proc)) {
          for (var folder : FOLDERS_INSIDE) {
            found.addAll(inFiles(proc.resolve("root").resolve(folder)));
          }
        }
      } catch (IOException e) {
        // It has left, or may not be looked into.
      }
    }
    return found.stream().distinct().toList();
  }

  /** As has the part of bubblewrap that waits outside. */
  private static boolean hasOurRoot(Path proc) throws IOException {
    return Files.isSameFile(proc.resolve("root"), Path.of("/"));
  }
}
