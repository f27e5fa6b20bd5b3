package dev.ash.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(
    name = "status",
    description = {
      "Shows where Claude Code sends its requests and whether it has a credential.",
      "Claude Code itself shows this only in its interactive /status panel."
    },
    mixinStandardHelpOptions = true)
final class ClaudeStatusCommand implements Callable<Integer> {
  private static final String USUAL = "https://api.anthropic.com";
  private static final List<String> CREDENTIALS =
      List.of("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN");

  private final Surroundings world;

  ClaudeStatusCommand(Surroundings world) {
    this.world = world;
  }

  @Override
  public Integer call() {
    var folder = world.variable("CLAUDE_CONFIG_DIR");
    var home = folder.isEmpty() ? world.home().resolve(".claude") : Path.of(folder);
    var settings = settings(home.resolve("settings.json"));
    var url = variable(settings, "ANTHROPIC_BASE_URL");
    var configured =
        CREDENTIALS.stream().anyMatch(name -> !variable(settings, name).isEmpty())
            || settings.path("apiKeyHelper").isTextual()
            || Files.exists(home.resolve(".credentials.json"));
    var out = world.out();
    out.println("Claude Code Status");
    out.println("==================");
    out.println(
        "Base URL: " + (url.isEmpty() ? USUAL + " (default)" : printable(url) + " (custom)"));
    out.println("Authentication: " + (configured ? "Configured" : "Not configured"));
    return 0;
  }

  /** Claude Code lets the settings file's variables win over those it was started with. */
  private String variable(JsonNode settings, String name) {
    var set = settings.path("env").path(name).asText("");
    return set.isEmpty() ? world.variable(name) : set;
  }

  private JsonNode settings(Path file) {
    try {
      return Files.exists(file)
          ? Json.parse(Files.readString(file)).orElseGet(Json::object)
          : Json.object();
    } catch (IOException e) {
      world.err().println("Warning: cannot read " + file);
      return Json.object();
    }
  }

  private static String printable(String text) {
    return text.replaceAll("\\p{Cntrl}", "?").replaceFirst("//[^/@]*@", "//***@");
  }
}
