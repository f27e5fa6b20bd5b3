package dev.ash.cli;

import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
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
      "  build, test, tools",
      "",
      "ASH_SERVER_URL and ASH_API_KEY choose another server for one command."
    })
final class Ash implements Runnable {
  /** Runs one command line; the result is the exit code. */
  static int run(Context context, String... args) {
    var terminal = context.terminal();
    var line = new CommandLine(new Ash());
    line.addSubcommand(new DeployCommand(context));
    line.addSubcommand(new AgentCommands(context));
    line.addSubcommand(new SessionCommands(context));
    line.addSubcommand(new ChatCommand(context));
    line.addSubcommand(new ServerCommands.Health(context));
    line.addSubcommand(new ServerCommands.Connect(context));
    line.addSubcommand(new ServerCommands.Disconnect(context));
    line.addSubcommand(new NodeCommands.AwaitNode(context));
    line.addSubcommand(new NodeCommands.NodeStatus(context));
    line.addSubcommand(new HelloCommand(context));
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
      case RefusedException refused -> {
        terminal.note("Failed: " + refused.text());
        if (refused.status() == 401) {
          terminal.note(
              "Set ASH_API_KEY, or save the key with: ./ash connect <url> --api-key <key>");
        }
      }
      case Terminal.OutputClosedException _ -> {
        return 1;
      }
      case UncheckedIOException io ->
          terminal.note("Failed: " + String.valueOf(io.getCause()).replace("java.nio.file.", ""));
      default -> throw e;
    }
    return 1;
  }

  private static String helpOf(CommandLine command) {
    var name = command.getCommandSpec().qualifiedName();
    return name.startsWith("ash ") ? name.substring(4) + " " : "";
  }

  private static PrintWriter writer(java.io.OutputStream out) {
    return new PrintWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), true);
  }
}
