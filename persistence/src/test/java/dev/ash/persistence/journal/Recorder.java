package dev.ash.persistence.journal;

import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.session.SessionEvent;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;

/** An entity that stores what it is given, and answers when it is stored. */
final class Recorder
    extends EventSourcedBehavior<Recorder.Command, SessionEvent, List<SessionEvent>> {

  sealed interface Command {}

  record Store(List<SessionEvent> events, ActorRef<Long> replyTo) implements Command {}

  record Recall(ActorRef<List<SessionEvent>> replyTo) implements Command {}

  private Recorder(SessionId id) {
    super(PersistenceId.of(SessionLog.ENTITY_TYPE, id.value()));
  }

  static Behavior<Command> create(SessionId id) {
    return new Recorder(id);
  }

  @Override
  public List<SessionEvent> emptyState() {
    return List.of();
  }

  @Override
  public CommandHandler<Command, SessionEvent, List<SessionEvent>> commandHandler() {
    return (_, command) ->
        switch (command) {
          case Store(var events, var replyTo) ->
              Effect()
                  .persist(events)
                  .thenRun((List<SessionEvent> all) -> replyTo.tell((long) all.size()));
          case Recall(var replyTo) ->
              Effect().none().thenRun((List<SessionEvent> all) -> replyTo.tell(all));
        };
  }

  @Override
  public EventHandler<List<SessionEvent>, SessionEvent> eventHandler() {
    return (all, event) -> {
      var more = new ArrayList<>(all);
      more.add(event);
      return List.copyOf(more);
    };
  }
}
