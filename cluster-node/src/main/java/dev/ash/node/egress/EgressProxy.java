package dev.ash.node.egress;

import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** Lets sandboxes reach what their operator permits. */
public interface EgressProxy {

  /** The variable in which an agent and a session name what they need. */
  String WANTED = "ASH_SANDBOX_ALLOW";

  /** Whether sandboxes have a way out at all. */
  boolean isOpen();

  /**
   * Listens on a Unix socket until the result is closed. Blocks briefly.
   *
   * @param socket path to be created; any process that may reach it speaks for the session
   * @throws IOException also when a list of the visitor cannot be read; the message says which
   */
  Closeable listen(Visitor visitor, Path socket) throws IOException;

  /**
   * Whose connections come in on a socket.
   *
   * @param wanted what {@link #WANTED} says in the agent and in the session; each list narrows what
   *     the operator permits
   * @param log is told, on any thread and only so often, what was refused
   */
  record Visitor(TenantId tenant, SessionId session, List<String> wanted, Consumer<String> log) {
    public Visitor {
      wanted = List.copyOf(wanted);
    }
  }

  /** No way out. */
  static EgressProxy none() {
    return new EgressProxy() {
      @Override
      public boolean isOpen() {
        return false;
      }

      @Override
      public Closeable listen(Visitor visitor, Path socket) {
        return () -> {};
      }
    };
  }
}
