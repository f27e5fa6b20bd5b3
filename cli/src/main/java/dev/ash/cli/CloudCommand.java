package dev.ash.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ash login} and {@code ash logout}: there is no cloud to log in to. */
@Command(
    name = "login",
    hidden = true,
    mixinStandardHelpOptions = true,
    description = "There is no cloud to log in to; see ./ash connect.")
final class CloudCommand implements Callable<Integer> {
  private final String hint;

  @Option(names = "--cloud-url", hidden = true)
  private @Nullable String cloudUrl;

  private CloudCommand(String hint) {
    this.hint = hint;
  }

  static CloudCommand login() {
    return new CloudCommand("To use a server: ./ash connect <url> --api-key <key>");
  }

  static CloudCommand logout() {
    return new CloudCommand("To forget a server and its key: ./ash disconnect");
  }

  @Override
  public Integer call() {
    throw new CliException(
        "there is no cloud" + (cloudUrl == null ? "" : " at " + cloudUrl) + " to log in to", hint);
  }
}
