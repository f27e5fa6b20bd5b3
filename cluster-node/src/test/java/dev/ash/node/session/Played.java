package dev.ash.node.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.session.SessionCommand.Reported;
import dev.ash.node.session.SessionCommand.Ruled;
import dev.ash.node.session.SessionState.Absent;
import dev.ash.protocol.session.SessionEvent;
import java.util.ArrayList;
import java.util.List;

/** A session without an actor: commands are decided and their events applied at once. */
final class Played {
  final List<SessionEvent> journal = new ArrayList<>();
  final List<WorkerCommand> told = new ArrayList<>();
  private final SessionRules rules;
  SessionState state = new Absent();
  boolean live;

  Played(SessionRules rules) {
    this.rules = rules;
  }

  /** A session that was made just now. */
  static Played idle() {
    var played = new Played(Samples.rules(3, 2));
    played.ask(Samples.create());
    return played;
  }

  /** A session that works on its first turn. */
  static Played running() {
    var played = idle();
    played.ask(Samples.send("one"));
    return played;
  }

  Decision ask(Ruled command) {
    return take(rules.decide(state, command, new SessionRules.Now(Samples.NOW, live)));
  }

  Decision hear(Reported report) {
    return take(rules.report(state, report, new SessionRules.Now(Samples.NOW, live)));
  }

  private Decision take(Decision decision) {
    for (var event : decision.events()) {
      journal.add(event);
      state = SessionState.apply(state, event);
    }
    told.addAll(decision.then());
    return decision;
  }

  Facts facts() {
    var facts = SessionState.facts(state);
    assertThat(facts).isPresent();
    return facts.orElseThrow();
  }

  /** Names of the events of a decision, for tables. */
  static String names(List<SessionEvent> events) {
    return String.join(" ", events.stream().map(e -> e.getClass().getSimpleName()).toList());
  }
}
