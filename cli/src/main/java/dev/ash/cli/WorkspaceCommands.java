package dev.ash.cli;

import dev.ash.client.http.Content;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ash workspace}: all files of a session at once. */
@Command(
    name = "workspace",
    mixinStandardHelpOptions = true,
    description = "Fetch or fill a session's workspace as a gzipped tar.")
final class WorkspaceCommands {
  private final Context context;

  WorkspaceCommands(Context context) {
    this.context = context;
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Fetch all files: to standard output, or into a file.")
  int download(
      @Parameters(paramLabel = "<session>") String session,
      @Option(
              names = {"-o", "--output"},
              paramLabel = "<file>")
          @Nullable Path output)
      throws IOException {
    try (var download = context.server().ash().workspaces().download(session)) {
      return Saved.take(context, download, output);
    }
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Lay the files of a .tar.gz over those of the workspace.")
  int upload(
      @Parameters(paramLabel = "<session>") String session,
      @Parameters(paramLabel = "<file>") Path bundle) {
    Saved.checkReadable(bundle);
    var workspaces = context.server().ash().workspaces();
    return context.say(workspaces.upload(session, Content.of(bundle)));
  }
}
