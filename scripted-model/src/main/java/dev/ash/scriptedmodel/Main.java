package dev.ash.scriptedmodel;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** Runs the scripted model until it is told to end. */
public final class Main {
  private static final String USAGE =
      "usage: scripted-model [--port N] [--require-key KEY] [--require-version true|false] [--pace-ms N]";

  private Main() {}

  static Optional<ScriptedModel.Options> options(String... args) {
    var port = 0;
    var key = Optional.<String>empty();
    var version = false;
    var pace = Duration.ofMillis(30);
    if (args.length % 2 != 0) {
      return Optional.empty();
    }
    try {
      for (var i = 0; i < args.length; i += 2) {
        var value = args[i + 1];
        switch (args[i]) {
          case "--port" -> port = Integer.parseInt(value);
          case "--require-key" -> key = Optional.of(value);
          case "--require-version" -> version = Boolean.parseBoolean(value);
          case "--pace-ms" -> pace = Duration.ofMillis(Integer.parseInt(value));
          default -> {
            return Optional.empty();
          }
        }
      }
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
    return port < 0 || port > 65_535 || pace.isNegative()
        ? Optional.empty()
        : Optional.of(new ScriptedModel.Options(port, key, version, pace));
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    var options = options(args);
    if (options.isEmpty()) {
      System.err.println(USAGE);
      System.exit(2);
      return;
    }
    var model = ScriptedModel.start(options.get());
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(model::close));
    System.out.println("scripted model on " + model.url());
    new CountDownLatch(1).await();
  }
}
