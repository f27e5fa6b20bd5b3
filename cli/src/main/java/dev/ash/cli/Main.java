package dev.ash.cli;

import dev.ash.client.http.Pause;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;

/** The entry of the {@code ash} client. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    Settings settings;
    try {
      settings = Settings.read();
    } catch (CliException e) {
      System.err.println("Failed: " + e.text());
      System.exit(1);
      return;
    }
    var terminal = new Terminal(stream(FileDescriptor.out), stream(FileDescriptor.err), settings);
    var context =
        new Context(
            settings,
            new ConfigFile(settings.home()),
            terminal,
            Secrets.real(new FileInputStream(FileDescriptor.in)),
            Pause.real(),
            InstantSource.system());
    System.exit(
        args.length == 1 && args[0].equals("--train")
            ? Training.run(context)
            : Ash.run(context, args));
  }

  private static PrintStream stream(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), false, StandardCharsets.UTF_8);
  }
}
