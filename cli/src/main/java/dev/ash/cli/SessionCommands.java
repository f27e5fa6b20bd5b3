package dev.ash.cli;

import dev.ash.client.http.Call;
import dev.ash.client.http.Paths;
import dev.ash.client.http.Query;
import dev.ash.client.http.SseItem;
import dev.ash.client.http.Target;
import dev.ash.client.model.SessionConfig;
import dev.ash.client.stream.EventStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ash session}: everything about one session. */
@Command(
    name = "session",
    mixinStandardHelpOptions = true,
    description = "Create sessions, talk to them and look into them.")
final class SessionCommands {
  private final Context context;
  private final Terminal terminal;

  SessionCommands(Context context) {
    this.context = context;
    this.terminal = context.terminal();
  }

  @Command(mixinStandardHelpOptions = true, description = "Create a session of an agent.")
  int create(
      @Parameters(paramLabel = "<agent>") String agent,
      @Option(
              names = {"-e", "--env"},
              paramLabel = "NAME=VALUE",
              description = "A variable of this session.")
          @Nullable List<String> env,
      @Option(names = "--model", paramLabel = "<model>") @Nullable String model) {
    var request = Json.object().put("agent", agent);
    if (env != null) {
      Dotenv.options(env).forEach(request.putObject("extraEnv")::put);
    }
    if (model != null) {
      request.put("model", model);
    }
    var session = context.server().create("/api/sessions", request).path("session");
    terminal.println("Session created: " + Json.pretty(session));
    return 0;
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Change what a session's next turns run with.")
  int config(
      @Parameters(paramLabel = "<id>") String id,
      @Option(names = "--model", paramLabel = "<model>") @Nullable String model,
      @Option(
              names = "--allow",
              paramLabel = "<tool>",
              split = ",",
              description = "Tools it may use without asking, instead of those so far.")
          @Nullable List<String> allowed,
      @Option(
              names = "--disallow",
              paramLabel = "<tool>",
              split = ",",
              description = "Tools it may not use, instead of those so far.")
          @Nullable List<String> disallowed,
      @Mixin Guard guard) {
    var config = SessionConfig.of();
    config = model == null ? config : config.model(model);
    config = allowed == null ? config : config.allowedTools(allowed);
    config = disallowed == null ? config : config.disallowedTools(disallowed);
    var call = Call.patch(path(id) + "/config", config.json()).when(guard.condition());
    var session = context.server().tagged(call, "session");
    terminal.println("Session configured: " + Json.pretty(session));
    return 0;
  }

  @Command(mixinStandardHelpOptions = true, description = "One session.")
  int show(@Parameters(paramLabel = "<id>") String id) {
    return context.show(context.server().tagged(Call.get(path(id)), "session"));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Break off the turn that runs; the session stays.")
  int interrupt(
      @Parameters(paramLabel = "<id>") String id,
      @Option(
              names = "--turn",
              paramLabel = "<n>",
              description = "Only this one (header X-Ash-Turn); withdraws it if it waits.")
          @Nullable Long turn) {
    var sessions = context.server().ash().sessions();
    if (turn == null) {
      sessions.interrupt(id);
      return context.say("Interrupted: " + id);
    }
    var done =
        switch (sessions.interrupt(id, turn)) {
          case RUNNING, OTHER -> "Interrupted: ";
          case WAITING -> "Withdrawn: ";
          case ENDED -> "Had ended: ";
        };
    return context.say(done + "turn " + turn + " of " + id);
  }

  @Command(mixinStandardHelpOptions = true, description = "Send a message and stream the answer.")
  int send(
      @Parameters(paramLabel = "<id>") String id,
      @Parameters(paramLabel = "<message>") String message,
      @Option(names = "--raw", description = "Every event as a line.") boolean raw) {
    if (!raw) {
      return ChatCommand.send(context, context.server(), id, message) ? 1 : 0;
    }
    var printer = new RawPrinter();
    try (var turn = context.server().ash().sessions().send(id, message)) {
      read(turn, printer);
    }
    return printer.failed ? 1 : 0;
  }

  @Command(mixinStandardHelpOptions = true, description = "Sessions, newest first.")
  int list(
      @Option(names = "--agent", paramLabel = "<name>") @Nullable String agent,
      @Option(names = "--status", paramLabel = "<status>") @Nullable String status,
      @Option(names = "--limit", paramLabel = "N") @Nullable Integer limit) {
    var query =
        new Query("/api/sessions")
            .andIf("agent", Optional.ofNullable(agent))
            .andIf("status", Optional.ofNullable(status))
            .andIf("limit", Optional.ofNullable(limit));
    terminal.println(Json.pretty(context.server().get(query.toString()).path("sessions")));
    return 0;
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Set a session aside; its files and conversation stay.")
  int pause(@Parameters(paramLabel = "<id>") String id) {
    return act("paused", id, "/pause");
  }

  @Command(mixinStandardHelpOptions = true, description = "Go on with a paused or stopped session.")
  int resume(@Parameters(paramLabel = "<id>") String id) {
    return act("resumed", id, "/resume");
  }

  @Command(mixinStandardHelpOptions = true, description = "Stop a session and its turn.")
  int stop(@Parameters(paramLabel = "<id>") String id) {
    return act("stopped", id, "/stop");
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "A new, paused session with the same files and conversation.")
  int fork(@Parameters(paramLabel = "<id>") String id) {
    return act("forked", id, "/fork");
  }

  @Command(mixinStandardHelpOptions = true, description = "End a session for good.")
  int end(@Parameters(paramLabel = "<id>") String id) {
    var session = context.server().delete(path(id)).path("session");
    terminal.println("Session ended: " + Json.pretty(session));
    return 0;
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Follow a session's events from the first one on, until it has ended.")
  int tail(
      @Parameters(paramLabel = "<id>") String id,
      @Option(
              names = {"-t", "--type"},
              paramLabel = "<type>",
              description = "Only timeline rows of this type, for example text or tool_start.")
          @Nullable String type,
      @Option(
              names = "--after",
              paramLabel = "<cursor>",
              description = "Start behind this event id.")
          @Nullable String after,
      @Option(names = "--json", description = "One JSON object a line.") boolean json) {
    var server = context.server();
    var tail = new EventTail(terminal, json, context.clock());
    var reader = type == null ? tail.stream() : tail.rows(server, id, type);
    var sessions = server.ash().sessions();
    try (var events = after == null ? sessions.follow(id) : sessions.followBehind(id, after)) {
      read(events, reader);
    }
    return 0;
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Run a command in the sandbox; exits with its exit code.")
  int exec(
      @Parameters(paramLabel = "<id>") String id,
      @Parameters(paramLabel = "<command>", description = "One argument for the shell.")
          String command,
      @Option(names = "--timeout", paramLabel = "MS", defaultValue = "30000") int timeout) {
    var request = Json.object().put("command", command).put("timeout", timeout);
    var answer = Target.ANSWER.plus(Duration.ofMillis(Math.max(timeout, 0)));
    var result = context.server().call(Call.post(path(id) + "/exec", request).within(answer));
    terminal.print(result.path("stdout").asText());
    terminal.printError(result.path("stderr").asText());
    return result.path("exitCode").asInt(1);
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "List the files of a session, or print one.")
  int files(
      @Parameters(paramLabel = "<id>") String id,
      @Parameters(paramLabel = "<path>", arity = "0..1") @Nullable String file)
      throws IOException {
    var server = context.server();
    if (file == null) {
      FileTable.print(terminal, server.get(path(id) + "/files").path("files"));
      return 0;
    }
    try (var download =
        server.download(path(id) + "/files/" + Paths.segments(file) + "?format=raw")) {
      terminal.bytes(download.body());
    }
    return 0;
  }

  private static void read(EventStream stream, Consumer<SseItem> reader) {
    for (var item = stream.nextItem(); item.isPresent(); item = stream.nextItem()) {
      reader.accept(item.get());
    }
  }

  private int act(String done, String id, String action) {
    var session = context.server().post(path(id) + action).path("session");
    terminal.println("Session " + done + ": " + Json.pretty(session));
    return 0;
  }

  private static String path(String id) {
    return "/api/sessions/" + Paths.segment(id);
  }

  /** One line per event: {@code [event] type: json}. */
  private final class RawPrinter implements Consumer<SseItem> {
    private boolean failed;

    @Override
    public void accept(SseItem item) {
      if (item instanceof SseItem.Event event) {
        var type = event.json().path("type").asText();
        var label = type.isEmpty() ? "" : type + ": ";
        terminal.println("[" + event.name() + "] " + label + event.data());
        failed |= event.name().equals("error");
      }
    }
  }
}
