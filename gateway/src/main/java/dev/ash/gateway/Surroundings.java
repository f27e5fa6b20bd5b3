package dev.ash.gateway;

import dev.ash.gateway.check.Pause;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the commands take from outside.
 *
 * @param terminal looked for only when somebody is to be asked; empty where nobody is there
 */
record Surroundings(
    Function<String, @Nullable String> environment,
    PrintStream out,
    PrintStream err,
    InstantSource clock,
    Pause pause,
    Supplier<String> ids,
    Path home,
    Supplier<Optional<Terminal>> terminal) {

  /** Somebody who can be asked. */
  interface Terminal {
    /** Shows a question and gives the line that was typed; empty at the end of what is typed. */
    Optional<String> ask(String question);
  }

  String variable(String name) {
    var value = environment.apply(name);
    return value == null ? "" : value;
  }
}
