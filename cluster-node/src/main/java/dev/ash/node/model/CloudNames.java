package dev.ash.node.model;

import dev.ash.config.ProviderConfig;
import dev.ash.node.model.Headers.Line;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What models are called at a cloud's service, and which betas it is told of. */
final class CloudNames {
  private final List<Named> names;
  private final List<Pattern> betas;

  private record Named(Pattern pattern, String id) {}

  /**
   * As the operator gave them.
   *
   * @param betas patterns; empty lets every one pass
   */
  CloudNames(List<ProviderConfig.Name> names, List<String> betas) {
    this.names = names.stream().map(n -> new Named(Patterns.of(n.pattern()), n.id())).toList();
    this.betas = betas.stream().map(Patterns::of).toList();
  }

  /** The first that matches. */
  Optional<String> of(String model) {
    return names.stream()
        .filter(name -> name.pattern().matcher(model).matches())
        .map(Named::id)
        .findFirst();
  }

  /** Of those that a call asks for, the ones that may be told. */
  List<String> betas(List<Line> headers) {
    return headers.stream()
        .filter(line -> line.key().equals("anthropic-beta"))
        .flatMap(line -> Stream.of(line.value().split(",", -1)))
        .map(String::strip)
        .filter(beta -> !beta.isEmpty())
        .filter(beta -> betas.isEmpty() || betas.stream().anyMatch(b -> b.matcher(beta).matches()))
        .distinct()
        .toList();
  }
}
