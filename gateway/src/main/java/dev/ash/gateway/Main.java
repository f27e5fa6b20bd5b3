package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.gateway.check.Pause;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Optional;

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
                Main::terminal),
            args));
  }

  /** What is asked is shown on standard error: standard output may go into a file. */
  private static Optional<Surroundings.Terminal> terminal() {
    if (!isAttended()) {
      return Optional.empty();
    }
    var shown = stream(FileDescriptor.err);
    var typed =
        new BufferedReader(
            new InputStreamReader(
                new FileInputStream(FileDescriptor.in),
                Charset.forName(System.getProperty("stdin.encoding", "UTF-8"))));
    return Optional.of(
        question -> {
          shown.print(question);
          shown.flush();
          try {
            return Optional.ofNullable(typed.readLine());
          } catch (IOException _) {
            // A terminal that is gone types nothing more.
            return Optional.empty();
          }
        });
  }

  /** Java's console is there only if standard output is a terminal too. */
  private static boolean isAttended() {
    try {
      return new ProcessBuilder("sh", "-c", "test -t 0 && test -t 2").inheritIO().start().waitFor()
          == 0;
    } catch (IOException _) {
      return false;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static PrintStream stream(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), true, UTF_8);
  }
}
