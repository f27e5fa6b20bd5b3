package dev.ash.gateway;

import dev.ash.gateway.check.Pause;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What the commands take from outside.
 *
 * @param terminal shows a question and gives the line that was typed; empty where nobody is there
 */
record Surroundings(
    Function<String, @Nullable String> environment,
    PrintStream out,
    PrintStream err,
    InstantSource clock,
    Pause pause,
    Supplier<String> ids,
    Path home,
    Optional<UnaryOperator<String>> terminal) {

  String variable(String name) {
    var value = environment.apply(name);
    return value == null ? "" : value;
  }
}
