package dev.ash.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * A key as the environment gives it: in a variable, or in the file that the variable with {@code
 * _FILE} behind its name names.
 */
public final class GivenKey {
  private static final int MAX_BYTES = 4_096;

  private GivenKey() {}

  /**
   * Reads it anew; what stands around it is left out.
   *
   * @param name of the variable, such as {@code ASH_API_KEY}
   * @return empty where neither variable is set
   * @throws IllegalArgumentException both are set, or the file has no key; in words for its user
   */
  public static Optional<String> of(Map<String, String> env, String name) {
    var text = filled(env, name);
    var file = filled(env, name + "_FILE");
    if (file.isEmpty()) {
      return text;
    }
    if (text.isPresent()) {
      throw new IllegalArgumentException(
          name + ": set, and so is " + name + "_FILE (expected: only one of them)");
    }
    return Optional.of(content(name + "_FILE", Path.of(file.get())));
  }

  private static String content(String name, Path file) {
    var trouble = "cannot be read";
    try {
      var bytes = firstBytes(file);
      if (bytes.length <= MAX_BYTES) {
        var text = new String(bytes, UTF_8).strip();
        if (!text.isEmpty()) {
          return text;
        }
        trouble = "is empty";
      } else {
        trouble = "is too long";
      }
    } catch (IOException _) {
      // Said below.
    }
    throw new IllegalArgumentException(
        name + ": " + file + " " + trouble + " (expected: a file with nothing but the key)");
  }

  /** A device or a pipe says that it has no bytes, and has no end. */
  private static byte[] firstBytes(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return in.readNBytes(MAX_BYTES + 1);
    }
  }

  private static Optional<String> filled(Map<String, String> env, String name) {
    return Optional.ofNullable(env.get(name)).map(String::strip).filter(text -> !text.isEmpty());
  }
}
