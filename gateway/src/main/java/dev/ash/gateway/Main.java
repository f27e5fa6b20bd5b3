package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.gateway.check.Pause;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** The entry of {@code ash gateway …} and {@code ash claude status}. */
public final class Main {
  private static final int ID_BYTES = 12;

  private Main() {}

  public static void main(String[] args) {
    // The JDK sends no password to a proxy that makes tunnels unless it is told before its first
    // call.
    System.setProperty("jdk.http.auth.tunneling.disabledSchemes", "");
    var random = new SecureRandom();
    var home = System.getenv("HOME");
    System.exit(
        Tool.run(
            new Surroundings(
                System::getenv,
                stream(FileDescriptor.out),
                stream(FileDescriptor.err),
                InstantSource.system(),
                Pause.real(),
                () -> {
                  var bytes = new byte[ID_BYTES];
                  random.nextBytes(bytes);
                  return HexFormat.of().formatHex(bytes);
                },
                Path.of(home == null ? "." : home),
                terminal()),
            args));
  }

  private static Optional<UnaryOperator<String>> terminal() {
    return Optional.ofNullable(System.console())
        .filter(Console::isTerminal)
        .map(
            console ->
                question -> {
                  var typed = console.readLine("%s", question);
                  return typed == null ? "" : typed;
                });
  }

  private static PrintStream stream(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), true, UTF_8);
  }
}
