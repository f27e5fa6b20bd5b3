package dev.ash.node.api;

import dev.ash.node.agents.Agents;
import dev.ash.node.api.http.Problems;
import dev.ash.node.session.Sessions;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** Turns what a port answers into a response. */
final class Outcomes {
  private Outcomes() {}

  static <T> Function<Sessions.Result<T>, HttpResponse> ofSession(Function<T, HttpResponse> ok) {
    return result ->
        switch (result) {
          case Sessions.Result.Ok<T>(var value) -> ok.apply(value);
          case Sessions.Result.Refused<T>(var why) -> Problems.of(why);
        };
  }

  static <T> Function<Agents.Outcome<T>, HttpResponse> ofAgent(Function<T, HttpResponse> done) {
    return outcome ->
        switch (outcome) {
          case Agents.Outcome.Done<T>(var value) -> done.apply(value);
          case Agents.Outcome.Refused<T>(var why) -> Problems.of(why);
          case Agents.Outcome.Stale<T>(var why) -> Guards.stale(why);
        };
  }
}
