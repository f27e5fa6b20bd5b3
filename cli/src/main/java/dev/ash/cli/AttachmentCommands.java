package dev.ash.cli;

import dev.ash.client.http.Content;
import dev.ash.client.http.Paths;
import java.io.IOException;
import java.net.URLConnection;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ash attachment}: files of a conversation. */
@Command(
    name = "attachment",
    mixinStandardHelpOptions = true,
    description = "Store files with a session and fetch them.")
final class AttachmentCommands {
  private final Context context;

  AttachmentCommands(Context context) {
    this.context = context;
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Store a file with a session; its workspace gets a copy.")
  int add(
      @Parameters(paramLabel = "<session>") String session,
      @Parameters(paramLabel = "<file>") Path file,
      @Option(
              names = "--type",
              paramLabel = "<type>",
              description = "For example image/png; guessed from the name when absent.")
          @Nullable String type,
      @Option(names = "--message", paramLabel = "<id>", description = "The message it belongs to.")
          @Nullable String message) {
    Saved.checkReadable(file);
    var name = String.valueOf(file.getFileName());
    var attachments = context.server().ash().attachments();
    var content = Content.of(file);
    var attachment =
        message == null
            ? attachments.add(session, name, typeOf(name, type), content)
            : attachments.addTo(session, message, name, typeOf(name, type), content);
    return context.say(
        "Attached %s (%d bytes): %s"
            .formatted(attachment.filename(), attachment.size(), attachment.id()));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "The files of a session, the oldest first.")
  int list(@Parameters(paramLabel = "<session>") String session) {
    var path = "/api/sessions/" + Paths.segment(session) + "/attachments";
    return context.show(context.server().get(path).path("attachments"));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Fetch a file: to standard output, or into a file.")
  int get(
      @Parameters(paramLabel = "<id>") String id,
      @Option(
              names = {"-o", "--output"},
              paramLabel = "<file>")
          @Nullable Path output)
      throws IOException {
    try (var download = context.server().ash().attachments().download(id)) {
      return Saved.take(context, download, output);
    }
  }

  @Command(mixinStandardHelpOptions = true, description = "Delete a file.")
  int delete(@Parameters(paramLabel = "<id>") String id) {
    context.server().ash().attachments().delete(id);
    return context.say("Deleted attachment: " + id);
  }

  private static String typeOf(String name, @Nullable String type) {
    return Optional.ofNullable(type)
        .or(() -> Optional.ofNullable(URLConnection.guessContentTypeFromName(name)))
        .orElse("application/octet-stream");
  }
}
