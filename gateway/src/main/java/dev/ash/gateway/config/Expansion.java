package dev.ash.gateway.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Replaces {@code ${NAME}} by an environment variable and {@code ${file:/path}} by a file's text.
 */
public final class Expansion {
  private static final int MAX_FILE = 64 << 10;
  private static final Pattern REFERENCE =
      Pattern.compile("\\$\\{(file:[^}]+|[A-Za-z_][A-Za-z0-9_]*)}");

  private final Function<String, @Nullable String> environment;
  private final Set<Path> files = new LinkedHashSet<>();

  public Expansion(Function<String, @Nullable String> environment) {
    this.environment = environment;
  }

  /** The files whose text was asked for. */
  public Set<Path> files() {
    return Set.copyOf(files);
  }

  public String expand(String where, String text) throws ConfigException {
    var match = REFERENCE.matcher(text);
    var out = new StringBuilder();
    while (match.find()) {
      match.appendReplacement(
          out, java.util.regex.Matcher.quoteReplacement(value(where, match.group(1))));
    }
    return match.appendTail(out).toString();
  }

  private String value(String where, String name) throws ConfigException {
    if (!name.startsWith("file:")) {
      var value = environment.apply(name);
      if (value == null || value.isEmpty()) {
        throw new ConfigException(where, "${" + name + "}", "a variable that is set");
      }
      return value;
    }
    var file = Path.of(name.substring("file:".length()));
    files.add(file);
    try {
      if (Files.size(file) > MAX_FILE) {
        throw new ConfigException(where, "${" + name + "}", "a file of at most 64 KiB");
      }
      // One line end at the end is the editor's, not the secret's.
      return Files.readString(file).replaceFirst("\\r?\\n$", "");
    } catch (IOException _) {
      throw new ConfigException(where, "${" + name + "}", "a file that can be read");
    }
  }
}
