package dev.ash.node.session;

import dev.ash.node.model.ModelNotice;
import dev.ash.protocol.id.Digest;
import java.util.Optional;

/** What the worker hears from its own stages, timers and process. */
sealed interface WorkerSignal extends WorkerCommand.Internal {

  /** The process that was ordered is there. */
  record Started(ProcessOrder order, LiveProcess process, BridgeEars ears)
      implements WorkerSignal {}

  /** It could not be made; the text is for the client. */
  record StartFailed(ProcessOrder order, String why, boolean noRoom) implements WorkerSignal {}

  /** A line of the agent. */
  record AgentLine(BridgeEars from, String raw) implements WorkerSignal {}

  /** The model proxy has something to say. */
  record ModelNoticed(ModelNotice notice) implements WorkerSignal {}

  record AgentExited(BridgeEars from, int code) implements WorkerSignal {}

  /** The process is gone, with or without its being asked to go. */
  record ProcessGone(LiveProcess process, String why) implements WorkerSignal {}

  /** The agent was told the prompt, or could not be. */
  record Prompted(long turn, Optional<String> failure) implements WorkerSignal {}

  /** The files of a turn, or of a session without one (turn 0), are stored. */
  record FilesSaved(long turn, Optional<Digest> manifest, Optional<String> failure)
      implements WorkerSignal {}

  /** The files are stored because somebody asked for it, who waits for the answer. */
  record Flushed(FilesSaved saved, SessionCommand.Flush request) implements WorkerSignal {}

  /** A request was answered. */
  record Served(SessionCommand.Served request) implements WorkerSignal {}

  /** Somebody else needs the place. */
  record Evict() implements WorkerSignal {}

  record FreezeTick() implements WorkerSignal {}

  record IdleTick() implements WorkerSignal {}

  record TranscriptTick() implements WorkerSignal {}

  /** A tool has worked a while ago. */
  record ToolSaveTick() implements WorkerSignal {}

  record SaveTick() implements WorkerSignal {}

  /** The agent has not obeyed an interrupt in time. */
  record InterruptTick(long turn) implements WorkerSignal {}

  /** A turn under way at hand-over has had its time. */
  record HandOverTick() implements WorkerSignal {}

  /** The process was released. */
  record Released() implements WorkerSignal {}
}
