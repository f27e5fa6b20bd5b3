package dev.ash.cli;

import dev.ash.client.Budgets;
import dev.ash.client.http.OnlyIf;
import dev.ash.client.model.BudgetPlace;
import java.math.BigDecimal;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ash budget}: what model calls may cost. */
@Command(
    name = "budget",
    mixinStandardHelpOptions = true,
    description = "What model calls may cost: bounds that are enforced before a call.")
final class BudgetCommands {
  private final Context context;

  BudgetCommands(Context context) {
    this.context = context;
  }

  /** The options that name a budget. */
  static final class Place {
    @Option(
        names = "--scope",
        paramLabel = "<scope>",
        required = true,
        description = "session, agent or tenant.")
    String scope = "";

    @Option(
        names = "--subject",
        paramLabel = "<id>",
        description = "A session's id or an agent's name; without it each has this bound.")
    @Nullable String subject;

    @Option(
        names = "--window",
        paramLabel = "<window>",
        required = true,
        description = "turn, day, month (UTC) or total.")
    String window = "";

    BudgetPlace read() {
      return new BudgetPlace(scope, Optional.ofNullable(subject), window);
    }
  }

  @Command(mixinStandardHelpOptions = true, description = "All bounds, with what was spent.")
  int list() {
    return context.show(context.server().get("/api/budgets").path("budgets"));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Set a bound, in tokens, US dollars or both.")
  int set(
      @Mixin Place place,
      @Mixin Guard.OrNew guard,
      @Option(names = "--tokens", paramLabel = "N") @Nullable Long tokens,
      @Option(names = "--usd", paramLabel = "<amount>") @Nullable BigDecimal usd) {
    var budgets = budgets(guard.condition());
    if (tokens != null && usd != null) {
      budgets.set(place.read(), tokens, usd);
    } else if (tokens != null) {
      budgets.setTokens(place.read(), tokens);
    } else if (usd != null) {
      budgets.setUsd(place.read(), usd);
    } else {
      throw new CliException("no bound given (expected: --tokens, --usd or both)");
    }
    return context.say("Set the budget of " + place.scope + " per " + place.window);
  }

  @Command(mixinStandardHelpOptions = true, description = "Take a bound away.")
  int remove(@Mixin Place place, @Mixin Guard guard) {
    budgets(guard.condition()).remove(place.read());
    return context.say("Removed the budget of " + place.scope + " per " + place.window);
  }

  private Budgets budgets(Optional<OnlyIf> condition) {
    var budgets = context.server().ash().budgets();
    return condition.map(budgets::onlyIf).orElse(budgets);
  }
}
