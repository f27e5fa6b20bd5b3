package dev.ash.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ash credential}: stored secrets. */
@Command(
    name = "credential",
    mixinStandardHelpOptions = true,
    description = "Store secrets that sessions work with.")
final class CredentialCommands {
  private final Context context;

  CredentialCommands(Context context) {
    this.context = context;
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Store a secret. It is asked for, or read from standard input or a file.")
  int add(
      @Parameters(
              paramLabel = "<type>",
              description = "anthropic, openai, bedrock (a JSON object) or custom.")
          String type,
      @Option(
              names = {"-l", "--label"},
              paramLabel = "<label>",
              defaultValue = "")
          String label,
      @Option(names = "--from", paramLabel = "<file>", description = "A file with the secret.")
          @Nullable Path from)
      throws IOException {
    var secret = (from == null ? context.secrets().read("Secret") : Files.readString(from)).strip();
    if (secret.isEmpty()) {
      throw new CliException(
          "secret: nothing (expected: the secret on standard input)",
          "For example: ./ash credential add anthropic < key.txt");
    }
    var body = Json.object().put("type", type).put("key", secret).put("label", label);
    return context.show(context.server().post("/api/credentials", body).path("credential"));
  }

  @Command(mixinStandardHelpOptions = true, description = "What is stored, without the secrets.")
  int list() {
    return context.show(context.server().get("/api/credentials").path("credentials"));
  }

  @Command(mixinStandardHelpOptions = true, description = "Delete a secret.")
  int delete(@Parameters(paramLabel = "<id>") String id) {
    context.server().ash().credentials().delete(id);
    return context.say("Deleted credential: " + id);
  }
}
