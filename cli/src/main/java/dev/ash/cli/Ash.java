package dev.ash.cli;

import dev.ash.client.AshException;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;

/** The command tree, and how its failures are told. */
@Command(
    name = "ash",
    version = "ash 0.2.0",
    mixinStandardHelpOptions = true,
    description = "Deploys agents to an Ash server and talks to them.",
    footerHeading = "%nThe node on this machine:%n",
    footer = {
      "  quickstart   From a fresh clone to an agent's answer",
      "  start        Start a node (--foreground: under a service manager)",
      "  stop         Stop it",
      "  status       Is it running?",
      "  logs         Its log (-f: follow)",
      "  cluster      Several nodes here, for trying (cluster up --nodes 3; cluster down)",
      "  build, test, tools",
      "  gateway      Check an enterprise gateway, or run one (gateway --help)",
      "  mcp          The agents as tools for Claude Code and others (mcp --help)",
      "  claude status",
      "",
      "ASH_SERVER_URL and ASH_API_KEY (or ASH_API_KEY_FILE) choose another server for one command."
    })
final class Ash implements Runnable {
  /** Runs one command line; the result is the exit code. */
  static int run(Context context, String... args) {
    var terminal = context.terminal();
    var line = new CommandLine(new Ash());
    var commands = commands(context);
    // Reading the annotations of commands that are not meant would take half of a short run.
    if (args.length > 0 && args[0].equals("logout")) {
      line.addSubcommand("logout", CloudCommand.logout());
    } else if (args.length > 0 && commands.containsKey(args[0])) {
      line.addSubcommand(commands.get(args[0]).get());
    } else {
      new LinkedHashSet<>(commands.values()).forEach(command -> line.addSubcommand(command.get()));
    }
    // Finding out whether there is a terminal costs more than a whole command.
    line.setColorScheme(Help.defaultColorScheme(Ansi.OFF));
    line.setOut(writer(terminal.outputStream()));
    line.setErr(writer(terminal.errorStream()));
    line.setParameterExceptionHandler(
        (e, _) -> {
          terminal.note("Failed: " + e.getMessage());
          terminal.note("Help: ./ash " + helpOf(e.getCommandLine()) + "--help");
          return 1;
        });
    line.setExecutionExceptionHandler((e, _, _) -> failed(terminal, e));
    return line.execute(args);
  }

  /** Every command by its names, in the order of the help text. */
  private static Map<String, Supplier<Object>> commands(Context context) {
    var commands = new LinkedHashMap<String, Supplier<Object>>();
    commands.put("deploy", () -> new DeployCommand(context));
    commands.put("agent", () -> new AgentCommands(context));
    commands.put("session", () -> new SessionCommands(context));
    commands.put("chat", () -> new ChatCommand(context));
    commands.put("version", () -> new VersionCommands(context));
    commands.put("queue", () -> new QueueCommands(context));
    commands.put("credential", () -> new CredentialCommands(context));
    commands.put("attachment", () -> new AttachmentCommands(context));
    commands.put("workspace", () -> new WorkspaceCommands(context));
    commands.put("budget", () -> new BudgetCommands(context));
    commands.put("usage", () -> new UsageCommands(context));
    commands.put("eval", () -> EvalCommands.line(context));
    commands.put("key", () -> new KeyCommands(context));
    commands.put("health", () -> new ServerCommands.Health(context));
    Supplier<Object> connect = () -> new ServerCommands.Connect(context);
    commands.put("connect", connect);
    commands.put("link", connect);
    Supplier<Object> disconnect = () -> new ServerCommands.Disconnect(context);
    commands.put("disconnect", disconnect);
    commands.put("unlink", disconnect);
    commands.put("cluster", () -> cluster(context));
    commands.put("login", CloudCommand::login);
    commands.put("await-node", () -> new NodeCommands.AwaitNode(context));
    commands.put("node-status", () -> new NodeCommands.NodeStatus(context));
    commands.put("hello", () -> new HelloCommand(context));
    return commands;
  }

  private static CommandLine cluster(Context context) {
    return new CommandLine(new ClusterCommands())
        .addSubcommand(new ClusterCommands.Status(context))
        .addSubcommand(new ClusterCommands.Drain(context));
  }

  @Override
  public void run() {
    throw new CliException("no command given", "Help: ./ash --help");
  }

  private static int failed(Terminal terminal, Exception e) throws Exception {
    switch (e) {
      case CliException failure -> {
        terminal.note("Failed: " + failure.text());
        failure.hint().ifPresent(terminal::note);
      }
      case AshException failure -> {
        terminal.note("Failed: " + failure.text());
        hint(failure).ifPresent(terminal::note);
      }
      case Terminal.OutputClosedException _ -> {
        return 1;
      }
      case UncheckedIOException io -> terminal.note("Failed: " + told(io.getCause()));
      case IOException io -> terminal.note("Failed: " + told(io));
      default -> throw e;
    }
    return 1;
  }

  private static String told(@Nullable Throwable cause) {
    return String.valueOf(cause).replaceFirst("^java\\.(nio\\.file|io)\\.", "");
  }

  /** What to do about it, when there is something. */
  private static Optional<String> hint(AshException failure) {
    return switch (failure) {
      case AshException.Refused refused ->
          refused.status() == 401
              ? Optional.of(
                  "Set ASH_API_KEY, or save the key with: ./ash connect <url> --api-key <key>")
              : Optional.empty();
      case AshException.Unreachable _ ->
          Optional.of(
              "Start a node here with: ./ash start\n"
                  + "Or name the server with: ./ash connect <url>, or ASH_SERVER_URL.");
      case AshException.TimedOut _ -> Optional.of("Look at its log with: ./ash logs");
      case AshException.Broken _ ->
          Optional.of("Try again; look at the server's log with: ./ash logs");
      case AshException.StreamLost lost ->
          Optional.of("The turn goes on; follow it with: ./ash session tail " + lost.sessionId());
      case AshException.BadAnswer _, AshException.Interrupted _ -> Optional.empty();
    };
  }

  private static String helpOf(CommandLine command) {
    var name = command.getCommandSpec().qualifiedName();
    return name.startsWith("ash ") ? name.substring(4) + " " : "";
  }

  private static PrintWriter writer(java.io.OutputStream out) {
    return new PrintWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), true);
  }
}
