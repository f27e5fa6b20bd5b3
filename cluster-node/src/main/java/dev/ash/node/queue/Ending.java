package dev.ash.node.queue;

/** How an attempt at an item came to its end. */
sealed interface Ending {

  /** The turn ended as it should; the answer is in the session. */
  record Answered() implements Ending {}

  /**
   * It failed, and counts as a try.
   *
   * @param error as the client is told it
   */
  record Failed(String error) implements Ending {}

  /** The system could not do it just now, which says nothing about the item. */
  record Hindered(String error) implements Ending {}

  /**
   * It is not begun again, however many tries it has left.
   *
   * @param error as the client is told it
   */
  record Lost(String error) implements Ending {}

  /** The item is somebody else's now, or was cancelled. */
  record Withdrawn() implements Ending {}
}
