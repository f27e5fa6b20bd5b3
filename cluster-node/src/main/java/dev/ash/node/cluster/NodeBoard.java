package dev.ash.node.cluster;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;

/**
 * Tells the other nodes once a second what this one does, and remembers what they tell. A node that
 * was not heard of for a while is forgotten.
 */
public final class NodeBoard implements Nodes {
  private static final Duration EVERY = Duration.ofSeconds(1);
  private static final Duration FORGOTTEN_AFTER = Duration.ofSeconds(6);
  private static final ServiceKey<NodeLoad> KEY = ServiceKey.create(NodeLoad.class, "node-board");

  private final Supplier<NodeLoad> self;
  private final InstantSource clock;
  private final Map<String, Heard> others = new ConcurrentHashMap<>();

  private NodeBoard(Supplier<NodeLoad> self, InstantSource clock) {
    this.self = self;
    this.clock = clock;
  }

  /**
   * Starts telling.
   *
   * @param self what to say of this node; called often, must not block
   */
  public static NodeBoard start(
      ActorSystem<?> system, Supplier<NodeLoad> self, InstantSource clock) {
    var board = new NodeBoard(self, clock);
    var _ = system.systemActorOf(board.teller(), "node-board", Props.empty());
    return board;
  }

  @Override
  public NodeLoad self() {
    return self.get();
  }

  @Override
  public List<Heard> all() {
    var now = clock.instant();
    others.values().removeIf(heard -> heard.at().plus(FORGOTTEN_AFTER).isBefore(now));
    var all = new ArrayList<Heard>();
    all.add(new Heard(self.get(), now));
    all.addAll(others.values());
    return all;
  }

  /** What the actor is told; only a {@link NodeLoad} comes from elsewhere. */
  sealed interface Message permits NodeLoad, Peers, Tick {}

  record Peers(List<ActorRef<NodeLoad>> refs) implements Message {}

  record Tick() implements Message {}

  private Behavior<Message> teller() {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> {
                  timers.startTimerWithFixedDelay(new Tick(), EVERY);
                  subscribe(context);
                  return telling(context, List.of());
                }));
  }

  private static void subscribe(ActorContext<Message> context) {
    var receptionist = context.getSystem().receptionist();
    receptionist.tell(Receptionist.register(KEY, context.getSelf().narrow()));
    var listing =
        context.messageAdapter(
            Receptionist.Listing.class,
            found -> new Peers(List.copyOf(found.getServiceInstances(KEY))));
    receptionist.tell(Receptionist.subscribe(KEY, listing));
  }

  private Behavior<Message> telling(ActorContext<Message> context, List<ActorRef<NodeLoad>> peers) {
    return Behaviors.receiveMessage(
        message ->
            switch (message) {
              case Peers(var refs) ->
                  telling(
                      context,
                      refs.stream()
                          .filter(ref -> !ref.path().equals(context.getSelf().path()))
                          .toList());
              case NodeLoad load -> {
                others.put(load.address(), new Heard(load, clock.instant()));
                yield Behaviors.same();
              }
              case Tick() -> {
                if (!peers.isEmpty()) {
                  var load = self.get();
                  peers.forEach(peer -> peer.tell(load));
                }
                yield Behaviors.same();
              }
            });
  }
}
