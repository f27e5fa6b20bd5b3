package dev.ash.cli;

import dev.ash.client.http.Paths;
import dev.ash.client.http.Query;
import dev.ash.client.model.NewEvalCase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ash eval case}: the questions. */
@Command(name = "case", mixinStandardHelpOptions = true, description = "The questions of an agent.")
final class EvalCaseCommands {
  private final Context context;

  EvalCaseCommands(Context context) {
    this.context = context;
  }

  @Command(mixinStandardHelpOptions = true, description = "All cases, the oldest first.")
  int list(
      @Parameters(paramLabel = "<agent>") String agent,
      @Option(names = "--category", paramLabel = "<category>") @Nullable String category) {
    var query = new Query(path(agent)).andIf("category", Optional.ofNullable(category));
    return context.show(context.server().get(query.toString()).path("cases"));
  }

  @Command(mixinStandardHelpOptions = true, description = "Add a case.")
  int add(
      @Parameters(paramLabel = "<agent>") String agent,
      @Parameters(paramLabel = "<question>") String question,
      @Option(names = "--expect", paramLabel = "<words>", description = "The answer has them.")
          @Nullable List<String> expected,
      @Option(names = "--forbid", paramLabel = "<words>", description = "It does not.")
          @Nullable List<String> forbidden,
      @Option(names = "--category", paramLabel = "<category>") @Nullable String category) {
    var wanted = NewEvalCase.of(question);
    wanted = expected == null ? wanted : wanted.expectedTopics(expected);
    wanted = forbidden == null ? wanted : wanted.expectedNotTopics(forbidden);
    wanted = category == null ? wanted : wanted.category(category);
    return context.show(context.server().post(path(agent), wanted.json()).path("case"));
  }

  @Command(
      name = "import",
      mixinStandardHelpOptions = true,
      description = "Add the cases of a JSON file: a list, or what export prints.")
  int importFile(
      @Parameters(paramLabel = "<agent>") String agent,
      @Parameters(paramLabel = "<file>") Path file)
      throws IOException {
    Saved.checkReadable(file);
    var json = Json.parse(Files.readString(file));
    var cases = json.isArray() ? json : json.path("cases");
    if (!cases.isArray()) {
      throw new CliException("file: " + file + " (expected: a JSON list of cases)");
    }
    var body = Json.object().set("cases", cases);
    var imported = context.server().post(path(agent) + "/import", body).path("imported").asInt();
    return context.say("Imported " + imported + " case(s)");
  }

  @Command(
      name = "export",
      mixinStandardHelpOptions = true,
      description = "Print all cases as JSON, for import.")
  int exportAll(@Parameters(paramLabel = "<agent>") String agent) {
    return context.show(context.server().get(path(agent) + "/export"));
  }

  @Command(mixinStandardHelpOptions = true, description = "Delete a case.")
  int delete(
      @Parameters(paramLabel = "<agent>") String agent,
      @Parameters(paramLabel = "<id>") String id) {
    context.server().ash().evals().deleteCase(agent, id);
    return context.say("Deleted case: " + id);
  }

  private static String path(String agent) {
    return "/api/agents/" + Paths.segment(agent) + "/eval-cases";
  }
}
