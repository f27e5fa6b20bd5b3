package dev.ash.node.api;

import dev.ash.node.session.Sessions;
import dev.ash.protocol.http.EntityTag;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Rejection;
import dev.ash.protocol.session.SessionSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;

/** Answers what a test put in, and remembers what it was asked. One session exists. */
final class FakeSessions implements Sessions {
  static final SessionId ID = new SessionId("ac71cc92-120e-4d54-a49a-623d90a9dd68");

  final List<Object> asked = new ArrayList<>();
  final AtomicInteger statsAsked = new AtomicInteger();
  Optional<Rejection> refusal = Optional.empty();
  Session session = session("active");
  Page page = new Page(List.of(), java.util.OptionalLong.empty());
  List<MessageRow> messages = List.of();
  List<EventRow> events = List.of();
  List<LogLine> logs = List.of();
  Files files = new Files(List.of(), "sandbox");
  Optional<FileContent> file = Optional.empty();
  Source<Frame, NotUsed> frames = Source.empty();
  Optional<RuntimeException> failure = Optional.empty();
  final Map<String, Integer> sessionsOf = new HashMap<>();

  record Created(TenantId tenant, NewSession request) {}

  record Sent(SessionId id, Message message) {}

  record Followed(Follow follow) {}

  record Executed(String command, Duration timeout) {}

  record Listed(Query query) {}

  record Rows(long after, int limit, Optional<String> type) {}

  record WroteFiles(String target, List<NewFile> files) {}

  record Reconfigured(SessionSettings settings) {}

  static final EntityTag CONFIG = EntityTag.strong("config-1");

  record Did(String what) {}

  static Session session(String status) {
    return new Session(
        ID,
        TenantId.DEFAULT,
        new AgentName("mock-agent"),
        ID.value(),
        status,
        Instant.parse("2026-11-22T01:02:08.394Z"),
        Instant.parse("2026-11-22T01:02:08.394Z"),
        Optional.empty(),
        Optional.empty(),
        SessionSettings.NONE,
        Optional.of(CONFIG));
  }

  private <T> CompletionStage<Result<T>> answer(Object question, SessionId id, T value) {
    asked.add(question);
    failure.ifPresent(
        f -> {
          throw f;
        });
    if (!id.equals(ID)) {
      return CompletableFuture.completedStage(
          new Result.Refused<>(new Rejection(Rejection.Code.NOT_FOUND, "Session not found")));
    }
    return CompletableFuture.completedStage(
        refusal.<Result<T>>map(Result.Refused::new).orElseGet(() -> new Result.Ok<>(value)));
  }

  @Override
  public CompletionStage<Result<Session>> create(TenantId tenant, NewSession request) {
    return answer(new Created(tenant, request), ID, session);
  }

  @Override
  public CompletionStage<Page> list(TenantId tenant, Query query) {
    asked.add(new Listed(query));
    return CompletableFuture.completedStage(page);
  }

  @Override
  public CompletionStage<Result<Session>> find(TenantId tenant, SessionId id) {
    return answer(new Did("find " + tenant), id, session);
  }

  @Override
  public CompletionStage<Reconfiguration> reconfigure(
      TenantId tenant, SessionId id, Patch patch, IfMatch guard) {
    return answer(new Reconfigured(patch.appliedTo(session.settings())), id, session)
        .thenApply(
            result ->
                switch (result) {
                  case Result.Refused<Session>(var why) -> new Reconfiguration.Refused(why);
                  case Result.Ok<Session>(var changed) ->
                      guard
                          .mismatch(Optional.of(CONFIG))
                          .<Reconfiguration>map(Reconfiguration.Stale::new)
                          .orElseGet(() -> new Reconfiguration.Done(changed));
                });
  }

  @Override
  public CompletionStage<Result<Session>> pause(TenantId tenant, SessionId id) {
    return answer(new Did("pause"), id, session("paused"));
  }

  @Override
  public CompletionStage<Result<Session>> stop(TenantId tenant, SessionId id) {
    return answer(new Did("stop"), id, session("stopped"));
  }

  @Override
  public CompletionStage<Result<Session>> resume(TenantId tenant, SessionId id) {
    return answer(new Did("resume"), id, session("active"));
  }

  @Override
  public CompletionStage<Result<Session>> fork(TenantId tenant, SessionId id) {
    return answer(new Did("fork"), id, session);
  }

  @Override
  public CompletionStage<Result<Session>> end(TenantId tenant, SessionId id) {
    return answer(new Did("end"), id, session("ended"));
  }

  @Override
  public CompletionStage<Result<Integer>> endAllOf(TenantId tenant, AgentName agent) {
    return answer(new Did("endAllOf " + agent), ID, sessionsOf.getOrDefault(agent.value(), 0));
  }

  @Override
  public CompletionStage<Result<Session>> interrupt(TenantId tenant, SessionId id) {
    return answer(new Did("interrupt"), id, session);
  }

  @Override
  public CompletionStage<Result<Interrupted>> interruptTurn(
      TenantId tenant, SessionId id, long turn) {
    return answer(
        new Did("interrupt turn " + turn), id, new Interrupted(session, turn, TurnWas.WAITING));
  }

  @Override
  public CompletionStage<Result<Accepted>> send(TenantId tenant, SessionId id, Message message) {
    return answer(
        new Sent(id, message), id, new Accepted(7, dev.ash.protocol.session.Cursor.after(41)));
  }

  @Override
  public CompletionStage<Result<Source<Frame, NotUsed>>> follow(
      TenantId tenant, SessionId id, Follow follow) {
    return answer(new Followed(follow), id, frames);
  }

  @Override
  public CompletionStage<Result<List<MessageRow>>> messages(
      TenantId tenant, SessionId id, long after, int limit) {
    return answer(new Rows(after, limit, Optional.empty()), id, messages);
  }

  @Override
  public CompletionStage<Result<Optional<MessageRow>>> newestMessage(
      TenantId tenant, SessionId id) {
    return answer(new Did("newestMessage"), id, messages.stream().reduce((_, later) -> later));
  }

  @Override
  public CompletionStage<Result<List<EventRow>>> events(
      TenantId tenant, SessionId id, long after, int limit, Optional<String> type) {
    return answer(new Rows(after, limit, type), id, events);
  }

  @Override
  public CompletionStage<Result<List<LogLine>>> logs(TenantId tenant, SessionId id, long after) {
    return answer(new Rows(after, 0, Optional.empty()), id, logs);
  }

  @Override
  public CompletionStage<Result<ExecOutcome>> exec(
      TenantId tenant, SessionId id, String command, Duration timeout) {
    return answer(new Executed(command, timeout), id, new ExecOutcome(3, "out\n", "err\n"));
  }

  @Override
  public CompletionStage<Result<Files>> files(
      TenantId tenant, SessionId id, boolean includeHidden) {
    return answer(new Did("files " + includeHidden), id, files);
  }

  @Override
  public CompletionStage<Result<FileContent>> file(
      TenantId tenant, SessionId id, String path, long maxBytes) {
    asked.add(new Did("file " + path + " " + maxBytes));
    return CompletableFuture.completedStage(
        file.<Result<FileContent>>map(Result.Ok::new)
            .orElseGet(
                () ->
                    new Result.Refused<>(
                        new Rejection(Rejection.Code.NOT_FOUND, "File not found"))));
  }

  @Override
  public CompletionStage<Result<List<Written>>> writeFiles(
      TenantId tenant, SessionId id, String targetPath, List<NewFile> files) {
    return answer(
        new WroteFiles(targetPath, files),
        id,
        files.stream()
            .map(
                f ->
                    new Written(
                        f.path(),
                        true,
                        java.util.OptionalLong.of(f.content().size()),
                        Optional.empty()))
            .toList());
  }

  @Override
  public CompletionStage<Result<String>> deleteFile(TenantId tenant, SessionId id, String path) {
    return answer(new Did("deleteFile " + path), id, path);
  }

  @Override
  public CompletionStage<Stats> stats() {
    statsAsked.incrementAndGet();
    return CompletableFuture.completedStage(new Stats(3, 2, 1, 4, 1000, 5, 6, 1, 2, 3, 0));
  }
}
