package dev.ash.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Environment variables as files and options write them. */
final class Dotenv {
  private static final Pattern LINE =
      Pattern.compile("\\s*(?:export\\s+)?([A-Za-z_][A-Za-z0-9_]*)\\s*=(.*)");

  private Dotenv() {}

  /** The variables of a file; none when there is no such file. */
  static Map<String, String> read(Path file) throws IOException {
    var variables = new LinkedHashMap<String, String>();
    if (Files.isRegularFile(file)) {
      for (var line : Files.readAllLines(file)) {
        var match = LINE.matcher(line);
        if (match.matches()) {
          variables.put(match.group(1), value(match.group(2).strip()));
        }
      }
    }
    return variables;
  }

  /** The variables of repeated {@code -e NAME=VALUE} options. */
  static Map<String, String> options(List<String> assignments) {
    var variables = new LinkedHashMap<String, String>();
    for (var assignment : assignments) {
      var equals = assignment.indexOf('=');
      if (equals < 1 || !LINE.matcher(assignment).lookingAt()) {
        throw new CliException("--env: " + assignment + " (expected: NAME=VALUE)");
      }
      variables.put(assignment.substring(0, equals), assignment.substring(equals + 1));
    }
    return variables;
  }

  private static String value(String text) {
    if (text.length() > 1 && text.startsWith("\"") && text.lastIndexOf('"') > 0) {
      return text.substring(1, text.lastIndexOf('"')).replace("\\n", "\n").replace("\\\"", "\"");
    }
    if (text.length() > 1 && text.startsWith("'") && text.lastIndexOf('\'') > 0) {
      return text.substring(1, text.lastIndexOf('\''));
    }
    var comment = text.indexOf(" #");
    return comment < 0 ? text : text.substring(0, comment).strip();
  }
}
