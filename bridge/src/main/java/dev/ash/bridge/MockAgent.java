package dev.ash.bridge;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The contract's scripted agent: speaks the agent's stream-json without a model. Prompts queue, an
 * interrupt ends the one under way.
 */
final class MockAgent implements Agent {
  static final Sleeper REAL_TIME = Condition::awaitNanos;

  private static final Duration BEFORE = Duration.ofMillis(50);
  private static final Duration PER_CHUNK = Duration.ofMillis(10);
  private static final Duration BEFORE_RESULT = Duration.ofMillis(50);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(10);
  private static final int CHUNKS = 3;
  private static final int MAX_LINE = 2 << 20;
  private static final int MAX_WAITING = 64;

  private final MockMessages messages;
  private final Path workspace;
  private final Sleeper sleeper;
  private final Outlet outlet;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<MockPrompt> prompts = new ArrayDeque<>();
  private final ArrayDeque<String> answers = new ArrayDeque<>();
  private final CountDownLatch gone = new CountDownLatch(1);
  private volatile boolean ended;
  private final StringBuilder line = new StringBuilder();
  private boolean lineTooLong;
  private boolean interrupted;
  private boolean ending;
  private int turns;

  /** Waits on a condition; returns what is left of the time. */
  @FunctionalInterface
  interface Sleeper {
    long await(Condition wake, long nanos) throws InterruptedException;
  }

  /** The turn does not go on. */
  private static final class CutShort extends Exception {
    private static final long serialVersionUID = 1L;

    CutShort() {
      super(null, null, false, false);
    }
  }

  private MockAgent(String sessionId, Path workspace, Sleeper sleeper, Outlet outlet) {
    this.messages = new MockMessages(sessionId);
    this.workspace = workspace;
    this.sleeper = sleeper;
    this.outlet = outlet;
  }

  static MockAgent start(String sessionId, Path workspace, Sleeper sleeper, Outlet outlet) {
    var agent = new MockAgent(sessionId, workspace, sleeper, outlet);
    Threads.start("mock", agent::run);
    return agent;
  }

  @Override
  public boolean line(String data, boolean last, Runnable taken) {
    lock.lock();
    try {
      if (!alive() || prompts.size() + answers.size() >= MAX_WAITING) {
        return false;
      }
      lineTooLong |= line.length() + data.length() > MAX_LINE;
      if (!lineTooLong) {
        line.append(data);
      }
      if (last) {
        hear(lineTooLong ? Map.of() : MockJson.object(line.toString()));
        line.setLength(0);
        line.trimToSize();
        lineTooLong = false;
      }
    } finally {
      lock.unlock();
    }
    taken.run();
    return true;
  }

  private void hear(Map<String, @Nullable Object> heard) {
    if (lineTooLong) {
      prompts.add(MockPrompt.tooLong(turns + prompts.size() + 1));
    } else if (MockJson.text(heard, "type").equals("control_request")) {
      var request = MockJson.member(heard, "request");
      boolean interrupt = MockJson.text(request, "subtype").equals("interrupt");
      interrupted |= interrupt;
      answers.add(
          messages.controlResponse(
              MockJson.text(heard, "request_id"),
              interrupt ? MockJson.of("still_queued", List.of()) : Map.of()));
    } else if (MockJson.text(heard, "type").equals("user")) {
      prompts.add(MockPrompt.of(heard));
    }
    changed.signalAll();
  }

  @Override
  public void stop(Duration grace) throws InterruptedException {
    kill();
    gone.await(grace.toMillis() + 1000, TimeUnit.MILLISECONDS);
  }

  @Override
  public void kill() {
    lock.lock();
    try {
      ending = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean alive() {
    return !ended;
  }

  private void run() {
    int code = 0;
    try {
      boolean goesOn = true;
      while (goesOn) {
        var prompt = next();
        if (prompt == null) {
          goesOn = false;
        } else {
          var exit = prompt.script().flatMap(MockPrompt.Script::exit);
          goesOn = turn(prompt);
          code = goesOn ? 0 : exit.orElse(0);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      // Before the word goes out: who hears it may start the next agent at once.
      ended = true;
      outlet.exited(code);
      gone.countDown();
    }
  }

  /** The next prompt; null when the agent is to end. */
  private @Nullable MockPrompt next() throws InterruptedException {
    while (true) {
      String answer;
      lock.lock();
      try {
        while (!ending && prompts.isEmpty() && answers.isEmpty()) {
          changed.await();
        }
        if (ending) {
          return null;
        }
        answer = answers.poll();
        if (answer == null) {
          interrupted = false;
          turns++;
          return prompts.remove();
        }
      } finally {
        lock.unlock();
      }
      emit(answer);
    }
  }

  /** Plays a turn. False when the agent is gone after it. */
  private boolean turn(MockPrompt prompt) throws InterruptedException {
    try {
      var script = prompt.script();
      if (script.isPresent()) {
        play(script.get(), prompt);
        if (script.get().exit().isPresent()) {
          return false;
        }
      } else {
        answer(prompt);
      }
    } catch (CutShort e) {
      emitAnswers();
      emit(messages.interrupted());
    }
    emit(messages.idle());
    return true;
  }

  private void answer(MockPrompt prompt) throws InterruptedException, CutShort {
    pause(BEFORE);
    boolean first = prompt.turn() <= 1;
    var text =
        first
            ? "[Mock] Turn " + prompt.turn() + " | History: " + String.join(" | ", prompt.history())
            : "[Resumed session]";
    if (prompt.partials()) {
      int size = Math.ceilDiv(text.length(), CHUNKS);
      beginPartials();
      for (int from = 0; from < text.length(); from += size) {
        pause(PER_CHUNK);
        emit(messages.textDelta(text.substring(from, Math.min(text.length(), from + size))));
      }
      endPartials();
    }
    emit(messages.assistant(text));
    if (first) {
      pause(BEFORE_RESULT);
      emit(messages.success("Mock response to: " + prompt.text()));
    }
  }

  private void play(MockPrompt.Script script, MockPrompt prompt)
      throws InterruptedException, CutShort {
    if (script.write().isPresent()) {
      write(script.write().get());
    }
    if (script.await().isPresent()) {
      var awaited = workspace.resolve(script.await().get());
      while (!Files.exists(awaited)) {
        pause(BETWEEN_LOOKS);
      }
    }
    for (int message = 0; message < script.messages(); message++) {
      if (prompt.partials()) {
        beginPartials();
      }
      for (int chunk = 0; chunk < script.chunks(); chunk++) {
        pause(Duration.ofMillis(script.chunkDelayMs()));
        if (prompt.partials()) {
          emit(messages.textDelta(script.text()));
        }
      }
      if (prompt.partials()) {
        endPartials();
      }
      pause(Duration.ZERO);
      emit(messages.assistant(script.text().repeat(Math.max(1, script.chunks()))));
    }
    if (script.spew() > 0) {
      spew(script.spew());
    }
    if (script.hang()) {
      pause(Duration.ofDays(365));
    }
    if (script.exit().isEmpty()) {
      emit(messages.success("Mock response to: " + script.text()));
    }
  }

  private void beginPartials() {
    emit(messages.messageStart());
    emit(messages.blockStart());
  }

  private void endPartials() {
    emit(messages.blockStop());
    emit(messages.messageDelta());
    emit(messages.messageStop());
  }

  private void write(MockPrompt.FileToWrite file) {
    var id = "toolu_mock_" + turns;
    var path = workspace.resolve("x").resolveSibling(file.path()).normalize();
    emit(messages.toolUse(id, path.toString(), file.text()));
    try {
      if (!path.startsWith(workspace) || path.equals(workspace)) {
        emit(messages.toolError(id, "not in the workspace"));
        return;
      }
      var folder = path.getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      Files.writeString(path, file.text());
      emit(messages.toolResult(id, path.toString(), file.text()));
    } catch (IOException | InvalidPathException e) {
      emit(messages.toolError(id, "cannot write: " + e.getMessage()));
    }
  }

  /** One message with a text of that many bytes, never held as a whole. */
  private void spew(int bytes) {
    var around = messages.assistant("\u0001").split("\\\\u0001", 2);
    var filler = new byte[8 << 10];
    Arrays.fill(filler, (byte) 'x');
    emitBytes(around[0].getBytes(StandardCharsets.UTF_8));
    int left = bytes;
    while (left > 0) {
      int n = Math.min(left, filler.length);
      outlet.output(filler, 0, n);
      left -= n;
    }
    emitBytes((around[1] + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private void emit(String message) {
    emitBytes((message + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private void emitBytes(byte[] bytes) {
    outlet.output(bytes, 0, bytes.length);
  }

  private void emitAnswers() {
    while (true) {
      String answer;
      lock.lock();
      try {
        answer = answers.poll();
      } finally {
        lock.unlock();
      }
      if (answer == null) {
        return;
      }
      emit(answer);
    }
  }

  private void pause(Duration time) throws InterruptedException, CutShort {
    lock.lock();
    try {
      long left = time.toNanos();
      while (left > 0 && !interrupted && !ending) {
        left = sleeper.await(changed, left);
      }
      if (interrupted || ending) {
        throw new CutShort();
      }
    } finally {
      lock.unlock();
    }
  }
}
