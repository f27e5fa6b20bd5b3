package dev.ash.bridge;

import java.time.Duration;

/** What answers prompts: a program, or the mock. */
sealed interface Agent permits AgentProcess, MockAgent {

  /**
   * Takes a part of a line for the agent without waiting.
   *
   * @param taken called when the agent's side has it
   * @return false when too much waits already or the agent is gone
   */
  boolean line(String data, boolean last, Runnable taken);

  /** Ends input, waits for the grace, then kills. Returns when the agent is gone. */
  void stop(Duration grace) throws InterruptedException;

  void kill();

  boolean alive();

  /** Hears of an agent's words and end. */
  interface Outlet {
    void output(byte[] bytes, int from, int to);

    void log(String line);

    void exited(int code);
  }
}
