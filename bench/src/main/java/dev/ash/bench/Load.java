package dev.ash.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;

/** What clients do to a node, alone or many at once, and how long it took them. */
final class Load {
  private static final String CREATE = "{\"agent\":\"bench\"}";
  private static final String HELLO = "{\"content\":\"hello\"}";
  private static final String HELLO_PARTIALS =
      "{\"content\":\"hello\",\"includePartialMessages\":true}";

  private final NodeProcess node;

  Load(NodeProcess node) {
    this.node = node;
  }

  /** Messages sent and answered. */
  record Turns(Samples first, Samples done, long messages, long events, double seconds) {
    double messagesPerSecond() {
      return messages / seconds;
    }

    double eventsPerSecond() {
      return events / seconds;
    }
  }

  /** Sessions created at once, and the time until the last one was there. */
  record Created(List<String> ids, Samples each, double wallMillis) {}

  void deploy() throws IOException {
    try (var wire = node.connect()) {
      wire.ask("POST", "/api/agents", "{\"name\":\"bench\",\"systemPrompt\":\"Answer.\"}");
    }
  }

  Created createInTurn(int count) throws IOException {
    var each = new Samples();
    var ids = new ArrayList<String>();
    var begin = System.nanoTime();
    try (var wire = node.connect()) {
      for (var i = 0; i < count; i++) {
        ids.add(create(wire, each));
      }
    }
    return new Created(ids, each, (System.nanoTime() - begin) / 1e6);
  }

  /**
   * From the request that creates a session to the end of its first turn, one session after the
   * other; as many before that are not counted. The first event would say nothing: it comes before
   * there is a sandbox.
   */
  Samples createToFirstDone(int count) throws IOException {
    deploy();
    var unused = new Samples();
    var counted = new Samples();
    try (var wire = node.connect()) {
      for (var i = 0; i < 2 * count; i++) {
        var begin = System.nanoTime();
        var id = create(wire, unused);
        var created = System.nanoTime() - begin;
        var path = "/api/sessions/" + id;
        var turn =
            wire.stream("POST", path + "/messages", "{\"content\":\"hi\"}", Integer.MAX_VALUE)
                .lastNanos();
        wire.ask("DELETE", path, "");
        if (i >= count) {
          counted.add(created + turn);
        }
      }
    }
    return counted;
  }

  Created createAtOnce(int count) throws IOException, InterruptedException {
    var each = new Samples();
    var wires = new ArrayList<Wire>();
    for (var i = 0; i < count; i++) {
      wires.add(node.connect());
    }
    var begin = System.nanoTime();
    var ids =
        atOnce(wires.stream().<Callable<String>>map(wire -> () -> create(wire, each)).toList());
    var wall = (System.nanoTime() - begin) / 1e6;
    for (var wire : wires) {
      wire.close();
    }
    return new Created(ids, each, wall);
  }

  private static String create(Wire wire, Samples each) throws IOException {
    var begin = System.nanoTime();
    var id = wire.ask("POST", "/api/sessions", CREATE).text("id");
    each.add(System.nanoTime() - begin);
    return id;
  }

  /** The first message of each, some at a time: it waits for the sandbox. */
  void warm(List<String> sessions) throws IOException, InterruptedException {
    for (var from = 0; from < sessions.size(); from += 10) {
      var part = sessions.subList(from, Math.min(from + 10, sessions.size()));
      atOnce(
          part.stream()
              .<Callable<Void>>map(
                  id ->
                      () -> {
                        try (var wire = node.connect()) {
                          send(wire, id, false, 2, Long.MAX_VALUE, new Samples(), new Samples());
                        }
                        return null;
                      })
              .toList());
    }
  }

  /** Each session sends one message after the other until the time or the number is used up. */
  Turns talk(List<String> sessions, boolean partials, Duration time, int most)
      throws IOException, InterruptedException {
    var first = new Samples();
    var done = new Samples();
    var begin = System.nanoTime();
    var until = begin + time.toNanos();
    var counts =
        atOnce(
            sessions.stream()
                .<Callable<long[]>>map(
                    id ->
                        () -> {
                          try (var wire = node.connect()) {
                            return send(wire, id, partials, most, until, first, done);
                          }
                        })
                .toList());
    return new Turns(
        first,
        done,
        counts.stream().mapToLong(c -> c[0]).sum(),
        counts.stream().mapToLong(c -> c[1]).sum(),
        (System.nanoTime() - begin) / 1e9);
  }

  private static long[] send(
      Wire wire, String id, boolean partials, int most, long until, Samples first, Samples done)
      throws IOException {
    var path = "/api/sessions/" + id + "/messages";
    var messages = 0L;
    var events = 0L;
    while (messages < most && System.nanoTime() < until) {
      var turn = wire.stream("POST", path, partials ? HELLO_PARTIALS : HELLO, Integer.MAX_VALUE);
      first.add(turn.firstNanos());
      done.add(turn.lastNanos());
      messages++;
      events += turn.events();
    }
    return new long[] {messages, events};
  }

  /** Times of pausing and of resuming, in turn. */
  Samples[] pauseAndResume(String id, int rounds) throws IOException {
    var pauses = new Samples();
    var resumes = new Samples();
    try (var wire = node.connect()) {
      for (var i = 0; i < rounds; i++) {
        var begin = System.nanoTime();
        wire.ask("POST", "/api/sessions/" + id + "/pause", "");
        var paused = System.nanoTime();
        wire.ask("POST", "/api/sessions/" + id + "/resume", "");
        pauses.add(paused - begin);
        resumes.add(System.nanoTime() - paused);
      }
    }
    return new Samples[] {pauses, resumes};
  }

  /** One turn with so many messages of the agent. */
  void script(String id, int messages) throws IOException {
    var prompt =
        "MOCK:{\\\"chunks\\\":1,\\\"chunkDelayMs\\\":0,\\\"text\\\":\\\"word\\\",\\\"messages\\\":%d}"
            .formatted(messages);
    try (var wire = node.connect()) {
      wire.stream(
          "POST",
          "/api/sessions/" + id + "/messages",
          "{\"content\":\"" + prompt + "\"}",
          Integer.MAX_VALUE);
    }
  }

  /** A reader that comes back and has missed so many events. */
  Samples replay(String id, int events, int rounds) throws IOException {
    var times = new Samples();
    for (var i = 0; i < rounds; i++) {
      try (var wire = node.connect()) {
        times.add(
            wire.stream("GET", "/api/sessions/" + id + "/stream?after=0", "", events).lastNanos());
      }
    }
    return times;
  }

  private static <T> List<T> atOnce(List<Callable<T>> tasks)
      throws IOException, InterruptedException {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var results = new ArrayList<T>();
      for (var result : threads.invokeAll(tasks)) {
        results.add(result.get());
      }
      return results;
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
  }
}
