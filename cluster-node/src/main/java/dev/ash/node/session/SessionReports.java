package dev.ash.node.session;

import static dev.ash.node.session.SessionRules.run;
import static dev.ash.node.session.SessionRules.scribe;

import dev.ash.node.session.Decision.Answer;
import dev.ash.node.session.SessionCommand.Finished;
import dev.ash.node.session.SessionCommand.Lost;
import dev.ash.node.session.SessionCommand.ModelSaid;
import dev.ash.node.session.SessionCommand.Saved;
import dev.ash.node.session.SessionCommand.Spoke;
import dev.ash.node.session.SessionRules.Now;
import dev.ash.node.session.SessionState.Absent;
import dev.ash.node.session.SessionState.Halted;
import dev.ash.node.session.SessionState.How;
import dev.ash.node.session.SessionState.Running;
import dev.ash.node.session.WorkerCommand.Setup;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.session.SessionEvent.AgentSaid;
import dev.ash.protocol.session.SessionEvent.ModelNoted;
import dev.ash.protocol.session.SessionEvent.Outcome;
import dev.ash.protocol.session.SessionEvent.TurnContinued;
import dev.ash.protocol.session.SessionEvent.TurnEnded;
import dev.ash.protocol.session.SessionEvent.TurnStarted;
import dev.ash.protocol.session.SessionEvent.WorkspaceSaved;
import java.util.List;
import java.util.Optional;

/**
 * What the reports of a session's worker make of it; the other half of {@link SessionRules}.
 *
 * @param maxContinuations how often a turn that does not get on is taken up again
 */
record SessionReports(int maxContinuations) {
  /** A turn that gets on between its losses may be lost so many times more, but not for ever. */
  static final int LOSSES_EACH = 10;

  Decision decide(SessionState state, SessionCommand.Reported report, Now now) {
    return switch (report) {
      case Spoke spoke -> spoke(state, spoke, now);
      case Finished finished ->
          state instanceof Running running && running.turn().number() == finished.turn()
              ? finished(running, finished, now)
              : saved(state, finished.workspace(), now);
      case Lost lost ->
          state instanceof Running running && running.turn().number() == lost.turn()
              ? lost(running, lost, now)
              : Decision.nothing();
      case ModelSaid said ->
          state instanceof Running running && running.turn().number() == said.turn()
              ? new Decision(
                  scribe(state)
                      .add(
                          m ->
                              new ModelNoted(
                                  said.turn(), said.kind(), said.dataJson(), m, now.at()))
                      .events(),
                  List.of(),
                  new Answer.Nothing())
              : Decision.nothing();
      case Saved saved -> saved(state, Optional.of(saved.workspace()), now);
    };
  }

  private static Decision spoke(SessionState state, Spoke spoke, Now now) {
    if (state instanceof Absent || (state instanceof Halted(_, var how) && how == How.ENDED)) {
      return Decision.nothing();
    }
    var scribe = scribe(state);
    var open = openTools(state);
    var index = spoke.before();
    var stored =
        state instanceof Running running && running.turn().number() == spoke.turn()
            ? running.turn().said()
            : 0;
    for (var line : spoke.lines()) {
      if (!line.partial() && index++ >= stored) {
        var heard = open.hear(line.raw());
        open = heard.open();
        scribe.add(m -> new AgentSaid(spoke.turn(), line.raw(), heard.tool(), m, now.at()));
      }
    }
    return new Decision(scribe.events(), List.of(), new Answer.Nothing());
  }

  private static OpenTools openTools(SessionState state) {
    return new OpenTools(state instanceof Running running ? running.turn().openTools() : List.of());
  }

  private static Decision finished(Running running, Finished finished, Now now) {
    var facts = running.facts();
    var scribe = scribe(running);
    finished.workspace().ifPresent(f -> scribe.add(m -> new WorkspaceSaved(f, m, now.at())));
    scribe.add(
        m -> new TurnEnded(finished.turn(), finished.outcome(), finished.error(), m, now.at()));
    if (running.pauseAfter() || facts.queue().isEmpty()) {
      return new Decision(scribe.events(), List.of(), new Answer.Nothing());
    }
    var next = facts.queue().getFirst();
    scribe.add(m -> new TurnStarted(next.turn(), m, now.at()));
    var after = finished.workspace().map(facts::withWorkspace).orElse(facts);
    return new Decision(scribe.events(), List.of(run(after, next)), new Answer.Nothing());
  }

  private Decision lost(Running running, Lost lost, Now now) {
    var turn = running.turn();
    if (turn.interrupted()) {
      return finished(
          running,
          new Finished(turn.number(), Outcome.INTERRUPTED, Optional.empty(), Optional.empty()),
          now);
    }
    var attempt = turn.progressed() ? 0 : turn.attempt();
    if (attempt >= maxContinuations || turn.losses() >= maxContinuations * LOSSES_EACH) {
      return finished(
          running,
          new Finished(
              turn.number(),
              Outcome.FAILED,
              Optional.of(
                  "The agent was lost %d times in this turn, the last time because %s"
                      .formatted(turn.losses() + 1, lost.reason())),
              Optional.empty()),
          now);
    }
    var facts = running.facts();
    var events =
        scribe(running)
            .add(
                m ->
                    new TurnContinued(
                        turn.number(), attempt + 1, lost.reason(), turn.openTools(), m, now.at()))
            .events();
    return new Decision(
        events,
        List.of(
            new WorkerCommand.Run(
                Setup.of(facts), turn.number(), turn.contentJson(), turn.options(), turn.spoke())),
        new Answer.Nothing());
  }

  private static Decision saved(SessionState state, Optional<Digest> workspace, Now now) {
    var facts = SessionState.facts(state);
    if (facts.isEmpty() || workspace.isEmpty() || workspace.equals(facts.get().workspace())) {
      return Decision.nothing();
    }
    return new Decision(
        scribe(state).add(m -> new WorkspaceSaved(workspace.get(), m, now.at())).events(),
        List.of(),
        new Answer.Nothing());
  }
}
