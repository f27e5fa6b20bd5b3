package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.FileTrouble;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.security.GeneralSecurityException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;

/** The command tree, and how its failures are told. */
@Command(name = "ash", description = "Gateway tools.", mixinStandardHelpOptions = true)
final class Tool implements Runnable {
  @Command(
      name = "gateway",
      description = "Checks a gateway for Claude Code, and runs one.",
      mixinStandardHelpOptions = true)
  private static final class Gateway implements Runnable {
    @Override
    public void run() {
      throw new IllegalArgumentException("no command given; see: ash gateway --help");
    }
  }

  @Command(
      name = "claude",
      description = "What Claude Code is set up with.",
      mixinStandardHelpOptions = true)
  private static final class Claude implements Runnable {
    @Override
    public void run() {
      throw new IllegalArgumentException("no command given; see: ash claude --help");
    }
  }

  /** Runs one command line; the result is the exit code. */
  static int run(Surroundings world, String... args) {
    var gateway =
        new CommandLine(new Gateway())
            .addSubcommand(new ValidateCommand(world))
            .addSubcommand(new TestHeadersCommand(world))
            .addSubcommand(new TestRateLimitCommand(world))
            .addSubcommand(new DebugAuthCommand(world))
            .addSubcommand(new InitCommand(world))
            .addSubcommand(new ServeCommand(world))
            .addSubcommand(new ApplyCommand(world))
            .addSubcommand(new ExplainCommand(world))
            .addSubcommand(new UrlCommand(world))
            .addSubcommand(KeysCommand.tree(world))
            .addSubcommand(new KeyCommand(world))
            .addSubcommand(new UsageCommand(world))
            .addSubcommand(
                new CommandLine(new AuditCommand()).addSubcommand(new AuditCommand.Verify(world)));
    var claude = new CommandLine(new Claude()).addSubcommand(new ClaudeStatusCommand(world));
    var line = new CommandLine(new Tool()).addSubcommand(gateway).addSubcommand(claude);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setColorScheme(Help.defaultColorScheme(Ansi.OFF));
    line.setOut(new PrintWriter(new OutputStreamWriter(world.out(), UTF_8), true));
    line.setErr(new PrintWriter(new OutputStreamWriter(world.err(), UTF_8), true));
    line.setParameterExceptionHandler(
        (e, _) -> {
          world.err().println("Error: " + e.getMessage());
          world
              .err()
              .println("Help: " + e.getCommandLine().getCommandSpec().qualifiedName() + " --help");
          return code(e.getCommandLine());
        });
    line.setExecutionExceptionHandler((e, command, _) -> failed(world, command, e));
    return line.execute(args);
  }

  @Override
  public void run() {
    throw new IllegalArgumentException("no command given; see: ash gateway --help");
  }

  private static int failed(Surroundings world, CommandLine command, Exception e) throws Exception {
    switch (e) {
      case ConfigException config -> world.err().println("Error: " + config.getMessage());
      case IllegalArgumentException argument ->
          world.err().println("Error: " + argument.getMessage());
      case FileSystemException file -> world.err().println("Error: " + FileTrouble.of(file));
      case IOException io -> world.err().println("Error: " + io);
      case GeneralSecurityException security -> world.err().println("Error: " + security);
      default -> throw e;
    }
    return code(command);
  }

  /** What a command says of arguments it cannot use; scripts of the specification say 1. */
  private static int code(CommandLine command) {
    return command.getCommandSpec().exitCodeOnInvalidInput();
  }
}
