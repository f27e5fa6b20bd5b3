package dev.ash.protocol.session;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * What a client may ask of one turn (contract/ash-api.md section 2.7).
 *
 * @param includePartials whether the client wants partial deltas in its stream
 * @param thinkingJson the {@code thinking} object as it was sent
 * @param outputFormatJson the {@code outputFormat} object as it was sent
 */
public record TurnOptions(
    boolean includePartials,
    Optional<String> model,
    OptionalInt maxTurns,
    OptionalDouble maxBudgetUsd,
    Optional<String> effort,
    Optional<String> thinkingJson,
    Optional<String> outputFormatJson) {

  public static final TurnOptions NONE =
      new TurnOptions(
          false,
          Optional.empty(),
          OptionalInt.empty(),
          OptionalDouble.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());
}
