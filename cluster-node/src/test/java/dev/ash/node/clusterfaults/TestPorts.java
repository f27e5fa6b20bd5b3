package dev.ash.node.clusterfaults;

import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports for processes that may end and come back. They are below those that the kernel gives to
 * connections, so that none of these has one meanwhile, and this JVM gives each of them once.
 */
final class TestPorts {
  private static final int LOWEST = 20_000;

  /** Linux gives connections those from 32768 on. */
  private static final int END = 32_000;

  private static final int TRIES = 200;
  private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();

  private TestPorts() {}

  static int free() throws IOException {
    for (var tried = 0; tried < TRIES; tried++) {
      var port = ThreadLocalRandom.current().nextInt(LOWEST, END);
      if (GIVEN.add(port) && isFree(port)) {
        return port;
      }
    }
    throw new IOException("no free port from %d to %d was found".formatted(LOWEST, END - 1));
  }

  private static boolean isFree(int port) throws IOException {
    try (var socket = new ServerSocket(port)) {
      return socket.isBound();
    } catch (BindException _) {
      return false;
    }
  }
}
