package dev.ash.cli;

import dev.ash.client.http.OnlyIf;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option of a command that changes something: only what the person has seen. */
final class Guard {
  private static final Pattern BARE = Pattern.compile("[!#-~]+");
  private static final Pattern QUOTED = Pattern.compile("(W/)?\"[!#-~]*\"");

  @Option(
      names = "--if-match",
      paramLabel = "<etag>",
      description = "Only while it is in the state that was shown with this etag.")
  @Nullable String ifMatch;

  /** As the server wants it; the quotes of a tag may be left out. */
  Optional<String> etag() {
    return Optional.ofNullable(ifMatch).map(Guard::etag);
  }

  Optional<OnlyIf> condition() {
    return etag().map(OnlyIf.Unchanged::new);
  }

  private static String etag(String given) {
    if (given.equals("*") || QUOTED.matcher(given).matches()) {
      return given;
    }
    if (!BARE.matcher(given).matches()) {
      throw new CliException("--if-match: " + given + " (expected: an etag as it was shown, or *)");
    }
    return '"' + given + '"';
  }

  /** The option of a command that also makes what is not there. */
  static final class OrNew {
    @picocli.CommandLine.Mixin private Guard guard = new Guard();

    @Option(names = "--if-absent", description = "Only if there is none yet.")
    boolean ifAbsent;

    /** Of two conditions that cannot both hold neither is taken. */
    Optional<OnlyIf> condition() {
      var matching = guard.condition();
      if (ifAbsent && matching.isPresent()) {
        throw new CliException("--if-match and --if-absent (expected: one of them)");
      }
      return ifAbsent ? Optional.of(new OnlyIf.Absent()) : matching;
    }
  }
}
