package dev.ash.mcp;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.UncheckedIOException;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;

/** The entry of {@code ash mcp}. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    var out = new FileOutputStream(FileDescriptor.out);
    // Standard output carries the protocol: whatever else is printed must not get into it.
    System.setOut(System.err);
    Settings settings;
    try {
      settings = Settings.read();
    } catch (IllegalArgumentException | UncheckedIOException e) {
      System.err.println("Failed: " + e.getMessage());
      System.exit(1);
      return;
    }
    var line = new CommandLine(new McpCommand(settings, System.in, out, System.err));
    line.setColorScheme(Help.defaultColorScheme(Ansi.OFF));
    line.setExecutionExceptionHandler(
        (e, _, _) -> {
          System.err.println("Failed: " + e.getMessage());
          return 1;
        });
    System.exit(line.execute(args));
  }
}
