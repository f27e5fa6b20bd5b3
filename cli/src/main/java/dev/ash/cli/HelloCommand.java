package dev.ash.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The last step of {@code ash quickstart}: a first session, and what to do next. */
@Command(name = "hello", hidden = true)
final class HelloCommand implements Callable<Integer> {
  private static final String MESSAGE =
      "Write a short greeting to hello.txt, then tell me what you wrote.";

  private final Context context;

  @Option(names = "--url", required = true)
  private String url = "";

  @Parameters private Path folder = Path.of(".");

  HelloCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    var terminal = context.terminal();
    var server = context.localNode(url);
    var agent = DeployCommand.deploy(context, server, folder, null, List.of(), Optional.empty());
    var session = ChatCommand.create(server, agent);
    terminal.println("Session: " + session);
    terminal.println("");
    terminal.println("You: " + MESSAGE);
    var failed = ChatCommand.send(context, server, session, MESSAGE);
    if (failed) {
      terminal.note("The turn failed. Look at the node's log with: ./ash logs");
      return 1;
    }
    terminal.println("");
    terminal.println("Files of the session (GET /api/sessions/" + session + "/files):");
    var files = server.get("/api/sessions/" + session + "/files?includeHidden=false");
    FileTable.print(terminal, files.path("files"));
    terminal.println("");
    terminal.println("Next:");
    terminal.println("  ./ash chat " + agent + " 'And now in French.' -s " + session);
    terminal.println(
        "  curl -H 'Authorization: Bearer %s' %s/api/sessions/%s/files/hello.txt"
            .formatted(server.ash().key().orElse("$ASH_API_KEY"), url, session));
    terminal.println("  ./ash deploy <folder with a CLAUDE.md>");
    terminal.println("  ./ash stop");
    return 0;
  }
}
