package dev.ash.cli;

import dev.ash.client.AgentVersions;
import dev.ash.client.http.Call;
import dev.ash.client.http.Paths;
import dev.ash.client.model.NewVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ash version}: instructions of an agent by version. */
@Command(
    name = "version",
    mixinStandardHelpOptions = true,
    description = "List, create and activate versions of an agent.")
final class VersionCommands {
  private final Context context;

  VersionCommands(Context context) {
    this.context = context;
  }

  @Command(mixinStandardHelpOptions = true, description = "All versions, the newest first.")
  int list(@Parameters(paramLabel = "<agent>") String agent) {
    return context.show(context.server().get(path(agent)).path("versions"));
  }

  @Command(mixinStandardHelpOptions = true, description = "One version, by its number or id.")
  int show(
      @Parameters(paramLabel = "<agent>") String agent,
      @Parameters(paramLabel = "<version>") String version) {
    return context.show(context.server().tagged(Call.get(path(agent, version)), "version"));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Create a version; it instructs nobody until it is activated.")
  int create(
      @Parameters(paramLabel = "<agent>") String agent,
      @Option(
              names = {"-n", "--name"},
              paramLabel = "<name>")
          @Nullable String name,
      @Option(
              names = "--prompt",
              paramLabel = "<file>",
              description = "A file with the instructions.")
          @Nullable Path prompt,
      @Option(names = "--notes", paramLabel = "<text>", description = "What is new.")
          @Nullable String notes,
      @Option(names = "--from", paramLabel = "<version>", description = "Start from this one.")
          @Nullable String from)
      throws IOException {
    var version = NewVersion.of();
    version = name == null ? version : version.name(name);
    version = prompt == null ? version : version.systemPrompt(Files.readString(prompt));
    version = notes == null ? version : version.releaseNotes(notes);
    version = from == null ? version : version.cloneFrom(from);
    var call = Call.post(path(agent), version.json());
    return context.show(context.server().tagged(call, "version"));
  }

  @Command(mixinStandardHelpOptions = true, description = "Let a version instruct new sessions.")
  int activate(
      @Parameters(paramLabel = "<agent>") String agent,
      @Parameters(paramLabel = "<version>") String version,
      @Mixin Guard guard) {
    var number = versions(guard).activate(agent, version);
    return context.say("Activated version " + number + " of " + agent);
  }

  @Command(mixinStandardHelpOptions = true, description = "Delete a version.")
  int delete(
      @Parameters(paramLabel = "<agent>") String agent,
      @Parameters(paramLabel = "<version>") String version,
      @Mixin Guard guard) {
    versions(guard).delete(agent, version);
    return context.say("Deleted version " + version + " of " + agent);
  }

  private AgentVersions versions(Guard guard) {
    var versions = context.server().ash().versions();
    return guard.etag().map(versions::ifMatch).orElse(versions);
  }

  private static String path(String agent) {
    return "/api/agents/" + Paths.segment(agent) + "/versions";
  }

  private static String path(String agent, String version) {
    return path(agent) + "/" + Paths.segment(version);
  }
}
