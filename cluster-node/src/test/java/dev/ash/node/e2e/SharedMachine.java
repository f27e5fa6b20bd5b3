package dev.ash.node.e2e;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Lets classes of tests that run in several JVMs share the machine, and gives it to one that wants
 * to be {@link Alone}. JUnit finds it by itself, for every class.
 */
public final class SharedMachine implements BeforeAllCallback, AfterAllCallback {
  private Optional<FileChannel> machine = Optional.empty();

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    var test = context.getRequiredTestClass();
    if (test.getEnclosingClass() != null) {
      return;
    }
    // Who waits to be alone waits in the turnstile, so that nobody passes it by.
    try (var turnstile = open("turnstile");
        var _ = turnstile.lock()) {
      var entered = open("machine");
      machine = Optional.of(entered);
      var _ = entered.lock(0, Long.MAX_VALUE, !test.isAnnotationPresent(Alone.class));
    }
  }

  @Override
  public void afterAll(ExtensionContext context) throws IOException {
    if (context.getRequiredTestClass().getEnclosingClass() == null && machine.isPresent()) {
      machine.get().close();
      machine = Optional.empty();
    }
  }

  private static FileChannel open(String name) throws IOException {
    var folder = Files.createDirectories(Path.of("target"));
    return FileChannel.open(folder.resolve("tests-" + name + ".lock"), CREATE, READ, WRITE);
  }
}
