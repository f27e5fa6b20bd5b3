package dev.ash.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code ash eval}: questions with what good answers have, and runs over them. */
@Command(
    name = "eval",
    mixinStandardHelpOptions = true,
    description = "Measure an agent: cases, runs and their results.")
final class EvalCommands implements Runnable {
  static CommandLine line(Context context) {
    return new CommandLine(new EvalCommands())
        .addSubcommand(new EvalCaseCommands(context))
        .addSubcommand(new EvalRunCommands(context));
  }

  @Override
  public void run() {
    throw new CliException("no command given", "Help: ./ash eval --help");
  }
}
