package dev.ash.node.bridge;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Keeps what a bridge said. */
final class Heard implements Bridge.Listener {
  final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  final BlockingQueue<String> logs = new LinkedBlockingQueue<>();
  final CompletableFuture<Integer> exited = new CompletableFuture<>();
  final CompletableFuture<String> closed = new CompletableFuture<>();

  @Override
  public void agentLine(String line) {
    lines.add(line);
  }

  @Override
  public void agentLog(String line) {
    logs.add(line);
  }

  @Override
  public void agentExited(int code) {
    exited.complete(code);
  }

  @Override
  public void closed(String reason) {
    closed.complete(reason);
  }

  String line() throws InterruptedException {
    var line = lines.poll(20, TimeUnit.SECONDS);
    if (line == null) {
      throw new AssertionError("no line came; log: " + logs);
    }
    return line;
  }
}
