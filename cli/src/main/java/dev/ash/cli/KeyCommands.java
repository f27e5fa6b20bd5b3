package dev.ash.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ash key}: API keys. */
@Command(
    name = "key",
    mixinStandardHelpOptions = true,
    description = "Make and take away API keys.")
final class KeyCommands {
  private final Context context;

  KeyCommands(Context context) {
    this.context = context;
  }

  @Command(mixinStandardHelpOptions = true, description = "Make a key; it is printed this once.")
  int create(
      @Option(
              names = {"-l", "--label"},
              paramLabel = "<label>",
              defaultValue = "cli")
          String label) {
    var key = context.server().ash().apiKeys().create(label);
    context.terminal().note("Key " + key.id() + ", shown this once:");
    return context.say(key.key());
  }

  @Command(mixinStandardHelpOptions = true, description = "All keys, without what makes them keys.")
  int list() {
    return context.show(context.server().get("/api/api-keys").path("keys"));
  }

  @Command(mixinStandardHelpOptions = true, description = "Take a key away at once.")
  int delete(@Parameters(paramLabel = "<id>") String id) {
    context.server().ash().apiKeys().delete(id);
    return context.say("Deleted key: " + id);
  }
}
