package dev.ash.node.upload;

import java.io.IOException;

/** The requests that come in now have as much together as the node takes. */
public final class NoRoomException extends IOException {
  private static final long serialVersionUID = 1L;

  NoRoomException() {
    super("no room for an upload");
  }
}
