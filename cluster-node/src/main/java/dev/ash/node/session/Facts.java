package dev.ash.node.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.json.Json;
import dev.ash.protocol.session.Marks;
import dev.ash.protocol.session.SessionEvent.AgentFolder;
import dev.ash.protocol.session.SessionEvent.Origin;
import dev.ash.protocol.session.SessionSettings;
import dev.ash.protocol.session.TurnOptions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is known of a session whatever its state.
 *
 * @param request what the session was asked for with an idempotency key, as a digest
 * @param sequence of the last event; a session's journal starts at 1 and has no gaps
 * @param turns number of the last turn that was accepted
 * @param talked whether the agent has said anything yet, here or in the session it was forked from
 * @param queue turns that wait for the running one
 * @param workspace the newest saved files; empty means those of the agent's folder
 * @param keyed idempotency keys of recent turns
 */
record Facts(
    TenantId tenant,
    AgentFolder agent,
    SessionSettings settings,
    Optional<Origin> origin,
    Optional<Digest> request,
    Instant createdAt,
    Instant lastActiveAt,
    Marks marks,
    long sequence,
    long turns,
    boolean talked,
    List<Pending> queue,
    Optional<Digest> workspace,
    Map<String, KeyedTurn> keyed) {

  /** A bound for the keys a session remembers: enough for any client that retries. */
  static final int KEYS_KEPT = 100;

  /** A turn that was accepted and has not started. */
  record Pending(long turn, String contentJson, TurnOptions options) {
    long bytes() {
      return Utf8.size(contentJson)
          + options.thinkingJson().map(Utf8::size).orElse(0L)
          + options.outputFormatJson().map(Utf8::size).orElse(0L);
    }
  }

  /**
   * The turn that a key stands for.
   *
   * @param sequence of its acceptance
   * @param message what {@link #digest} makes of it
   */
  record KeyedTurn(long turn, long sequence, Digest message) {}

  /** What a key stands for is told apart by this, not by the content, which may be megabytes. */
  static Digest digest(String contentJson, TurnOptions options) {
    var fields =
        Json.mapper()
            .createArrayNode()
            .add(contentJson)
            .add(options.includePartials())
            .add(options.model().orElse(""))
            .add(options.maxTurns().orElse(0))
            .add(options.maxBudgetUsd().orElse(0))
            .add(options.effort().orElse(""))
            .add(options.thinkingJson().orElse(""))
            .add(options.outputFormatJson().orElse(""));
    return Digest.of(fields.toString().getBytes(UTF_8));
  }

  Facts {
    queue = List.copyOf(queue);
    keyed = Collections.unmodifiableMap(new LinkedHashMap<>(keyed));
  }

  /** The facts after an event that carries these marks. */
  Facts at(Marks newMarks, Instant now) {
    return new Facts(
        tenant,
        agent,
        settings,
        origin,
        request,
        createdAt,
        now,
        newMarks,
        sequence + 1,
        turns,
        talked,
        queue,
        workspace,
        keyed);
  }

  Facts withTurn(Pending pending, Optional<String> key) {
    var waiting = new ArrayList<>(queue);
    waiting.add(pending);
    var keys = new LinkedHashMap<>(keyed);
    key.ifPresent(
        k ->
            keys.put(
                k,
                new KeyedTurn(
                    pending.turn(), sequence, digest(pending.contentJson(), pending.options()))));
    if (keys.size() > KEYS_KEPT) {
      keys.pollFirstEntry();
    }
    return new Facts(
        tenant,
        agent,
        settings,
        origin,
        request,
        createdAt,
        lastActiveAt,
        marks,
        sequence,
        Math.max(turns, pending.turn()),
        talked,
        waiting,
        workspace,
        keys);
  }

  Facts withoutTurn(long turn) {
    return with(queue.stream().filter(p -> p.turn() != turn).toList(), workspace, settings, talked);
  }

  Facts withWorkspace(Digest manifest) {
    return with(queue, Optional.of(manifest), settings, talked);
  }

  Facts withSettings(SessionSettings changed) {
    return with(queue, workspace, changed, talked);
  }

  Facts withTalk() {
    return talked ? this : with(queue, workspace, settings, true);
  }

  private Facts with(
      List<Pending> newQueue,
      Optional<Digest> newWorkspace,
      SessionSettings newSettings,
      boolean nowTalked) {
    return new Facts(
        tenant,
        agent,
        newSettings,
        origin,
        request,
        createdAt,
        lastActiveAt,
        marks,
        sequence,
        turns,
        nowTalked,
        newQueue,
        newWorkspace,
        keyed);
  }
}
