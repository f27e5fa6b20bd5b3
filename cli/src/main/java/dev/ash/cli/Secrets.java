package dev.ash.cli;

import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Where a secret comes from: arguments are in the shell's history and in the list of processes. */
@FunctionalInterface
interface Secrets {
  String read(String question);

  /** Asks without an echo where there is a terminal, else takes standard input. */
  static Secrets real(InputStream in) {
    return question -> {
      var typed =
          Optional.ofNullable(System.console())
              .filter(Console::isTerminal)
              .map(console -> console.readPassword("%s: ", question));
      if (typed.isPresent()) {
        return new String(typed.get());
      }
      try {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    };
  }
}
