package dev.ash.node.telemetry;

/**
 * The names of all instruments. Dashboards and alerts rely on them: renaming one is a change that
 * belongs into the changelog. Prometheus sees underscores, and the unit and {@code _total} at the
 * end. The eight metrics of the API's contract are not here; the API writes them itself.
 */
final class Names {
  static final String TURNS_STARTED = "ash.turns.started";
  static final String TURNS_ENDED = "ash.turns.ended";
  static final String TURN_TIME = "ash.turn.duration";
  static final String FIRST_LINE_TIME = "ash.turn.first.line";
  static final String TURNS_CONTINUED = "ash.turn.continuations";
  static final String SESSIONS_CREATED = "ash.sessions.created";
  static final String SESSIONS_ENDED = "ash.sessions.ended";
  static final String SANDBOX_STARTS = "ash.sandbox.starts";
  static final String SANDBOX_START_TIME = "ash.sandbox.start.duration";
  static final String SANDBOXES = "ash.sandboxes";
  static final String EXECS = "ash.execs";
  static final String EXEC_TIME = "ash.exec.duration";
  static final String JOURNAL_TIME = "ash.journal.persist";
  static final String DIRECTORY_TIME = "ash.directory.write";
  static final String DIRECTORY_FAILURES = "ash.directory.failures";
  static final String STREAMS_OPEN = "ash.streams.open";
  static final String FRAMES = "ash.stream.frames";
  static final String REQUESTS = "ash.http.requests";
  static final String REQUEST_TIME = "ash.http.request.duration";
  static final String RATE_LIMITED = "ash.http.rate.limited";
  static final String UNAUTHORIZED = "ash.http.unauthorized";
  static final String SERVER_ERRORS = "ash.http.server.errors";
  static final String MODEL_SPAN = "model-call";
  static final String MODEL_CALLS = "ash.model.calls";
  static final String MODEL_OPEN = "ash.model.calls.open";
  static final String MODEL_CONNECTIONS = "ash.model.connections.open";
  static final String MODEL_REFUSED = "ash.model.calls.refused";
  static final String MODEL_FAILED = "ash.model.calls.failed";
  static final String MODEL_CANCELLED = "ash.model.calls.cancelled";
  static final String MODEL_ENDED = "ash.model.calls.settled";
  static final String MODEL_TOKENS = "ash.model.tokens";
  static final String MODEL_COST = "ash.model.cost.microusd";
  static final String BUDGETS_REACHED = "ash.model.budget.refusals";
  static final String MODEL_REQUEST_SIZE = "ash.model.request";
  static final String MODEL_RESPONSE_SIZE = "ash.model.response";
  static final String EGRESS = "ash.egress.connections";
  static final String EGRESS_SENT = "ash.egress.sent";
  static final String EGRESS_RECEIVED = "ash.egress.received";
  static final String HEAP_USED = "ash.jvm.heap.used";
  static final String HEAP_MAX = "ash.jvm.heap.max";
  static final String THREADS = "ash.jvm.threads";
  static final String COLLECTIONS = "ash.jvm.gc.collections";
  static final String COLLECTION_TIME = "ash.jvm.gc.milliseconds";

  private Names() {}
}
