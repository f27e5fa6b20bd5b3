package dev.ash.cli;

import dev.ash.client.http.Paths;
import dev.ash.client.model.Message;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ash chat}: a message to an agent, in a new session or one that goes on. */
@Command(
    name = "chat",
    mixinStandardHelpOptions = true,
    description = "Send a message and stream the answer.")
final class ChatCommand implements Callable<Integer> {
  private final Context context;

  @Parameters(index = "0", paramLabel = "<agent>")
  private String agent = "";

  @Parameters(index = "1", paramLabel = "<message>")
  private String message = "";

  @Option(
      names = {"-s", "--session", "--session-id"},
      paramLabel = "<id>",
      description = "Go on in this session.")
  private @Nullable String session;

  @Option(names = "--end", description = "End the session afterwards.")
  private boolean end;

  ChatCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    var server = context.server();
    var id = session == null ? create(server, agent) : session;
    context.terminal().aside("Session: " + id);
    var failed = send(context, server, id, message);
    if (end) {
      server.delete("/api/sessions/" + Paths.segment(id));
    }
    return failed ? 1 : 0;
  }

  static String create(Server server, String agent) {
    var request = Json.object().put("agent", agent);
    return server.create("/api/sessions", request).path("session").path("id").asText();
  }

  /** Whether the turn failed. */
  static boolean send(Context context, Server server, String session, String message) {
    var printer = new TurnPrinter(context.terminal());
    var request = Message.of(message).includePartialMessages(true);
    try (var turn = server.ash().sessions().send(session, request)) {
      turn.forEach(printer::show);
    }
    return printer.failed();
  }
}
