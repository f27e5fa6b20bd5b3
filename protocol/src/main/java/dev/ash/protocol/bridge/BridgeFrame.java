package dev.ash.protocol.bridge;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** What a bridge says to its node. The node must take every one of these for hostile input. */
public sealed interface BridgeFrame {

  /** The answer to hello. */
  record Ready(long pid) implements BridgeFrame {}

  /** A part of a line that the agent wrote; parts of one line follow each other. */
  record AgentLine(String data, End end) implements BridgeFrame {}

  /** How a part of a line ends. */
  enum End {
    /** Another part follows. */
    MORE,
    /** The line is whole. */
    LINE,
    /** The line was too long: its parts are to be forgotten. */
    CUT
  }

  /** A line that the agent wrote to its standard error, or a note of the bridge. */
  record AgentLog(String text) implements BridgeFrame {}

  /** The agent is gone; the code is 128 + signal when it was killed. */
  record AgentExited(int code) implements BridgeFrame {}

  /** A piece of what a command wrote. */
  record Output(long id, Stream stream, ByteBuffer data) implements BridgeFrame {
    public Output {
      data = data.asReadOnlyBuffer();
    }
  }

  /** Where a command wrote. */
  enum Stream {
    STDOUT,
    STDERR
  }

  /** A command has ended; its outputs came before. */
  record ExecResult(long id, int code, boolean timedOut) implements BridgeFrame {}

  /** A batch of a listing, in no particular order. */
  record Entries(long id, List<Entry> entries, boolean last, boolean truncated)
      implements BridgeFrame {
    public Entries {
      entries = List.copyOf(entries);
    }
  }

  /**
   * One thing below the workspace.
   *
   * @param modifiedNs nanoseconds since 1970
   * @param digest SHA-256 of a file in hex, when it was asked for and could be had
   * @param target text of a link
   */
  record Entry(
      String path,
      Kind kind,
      long size,
      int mode,
      long modifiedNs,
      Optional<String> digest,
      Optional<String> target) {}

  /** What an entry is; everything else (pipes, sockets, devices) is not listed. */
  enum Kind {
    FILE,
    DIRECTORY,
    LINK
  }

  /**
   * A part of a file.
   *
   * @param size of the whole file
   */
  record Data(long id, ByteBuffer data, long size, boolean last) implements BridgeFrame {
    public Data {
      data = data.asReadOnlyBuffer();
    }
  }

  /** The request was carried out. */
  record Done(long id) implements BridgeFrame {}

  /** The request, or with id 0 the hello, was refused or failed. */
  record Failed(long id, Failure kind, String message) implements BridgeFrame {}

  /** Why a request failed. */
  enum Failure {
    NOT_FOUND,
    NOT_A_FILE,
    OUTSIDE,
    INVALID,
    NO_SPACE,
    /** It was not begun, for there was no room for it; another try may succeed. */
    BUSY,
    FAILED
  }
}
