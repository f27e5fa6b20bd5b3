package dev.ash.bridge;

import dev.ash.protocol.bridge.BridgeFrame;

/** A request that cannot be carried out; becomes a failed frame. */
final class RequestException extends Exception {
  private static final long serialVersionUID = 1L;

  private final BridgeFrame.Failure kind;

  RequestException(BridgeFrame.Failure kind, String message) {
    super(message, null, false, false);
    this.kind = kind;
  }

  BridgeFrame.Failure kind() {
    return kind;
  }
}
