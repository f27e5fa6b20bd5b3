package dev.ash.protocol.bridge;

/**
 * Bounds of the frames. What can be large travels in parts, so that a bridge with a heap of a few
 * megabytes never holds a whole line, file or output.
 */
public final class FrameLimits {
  /** Bytes of one frame without its newline. */
  public static final int FRAME = 1 << 20;

  /** UTF-8 bytes in one part of a line; escaped they may be six times as many. */
  public static final int LINE_PART = 64 << 10;

  /** Bytes of a file or an output in one frame, before base64. */
  public static final int DATA = 256 << 10;

  /** UTF-8 bytes of a line that the agent writes. */
  public static final int AGENT_LINE = 8 << 20;

  /** UTF-8 bytes of a line for the agent: a message of the largest body, escaped once more. */
  public static final int PROMPT_LINE = 64 << 20;

  /** Parts of a line that may be under way to the agent unanswered. */
  public static final int LINE_WINDOW = 8;

  /** Entries of one listing. */
  public static final int ENTRIES = 200_000;

  /** Characters of all paths and link targets of one listing. */
  public static final int ENTRY_CHARACTERS = 32 << 20;

  /** UTF-8 bytes of a path or of a link's target. */
  public static final int PATH = 4096;

  private FrameLimits() {}
}
