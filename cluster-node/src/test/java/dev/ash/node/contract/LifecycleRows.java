package dev.ash.node.contract;

import static dev.ash.node.contract.Row.row;

import java.util.List;

/** What pauses, stops, resumes, forks and ends a session (rows S5 to S9), and what that refuses. */
final class LifecycleRows {
  private static final String SESSION = "/api/sessions/{session}";
  private static final String FORK = "/api/sessions/{fork}";
  private static final String NOBODY = "/api/sessions/{unknown}";
  private static final String NOT_FOUND = "Session not found";
  private static final String TEXT = "{'content':'x'}";
  private static final String COMMAND = "{'command':'true'}";

  static final List<Row> ROWS =
      List.of(
          row("S7 200 active already").post(SESSION + "/resume").answers(200, own("active")),
          // An empty body with a JSON type is what the Python client sends (B3).
          row("S5 200").post(SESSION + "/pause", "").answers(200, own("paused")),
          row("S5 400 paused")
              .post(SESSION + "/pause")
              .refuses(400, "Cannot pause session with status \"paused\""),
          row("S6 400 paused")
              .post(SESSION + "/stop")
              .refuses(400, "Cannot stop session with status \"paused\""),
          row("2.7 400 paused").post(SESSION + "/messages", TEXT).refuses(400, "Session is paused"),
          row("S13 400 paused").post(SESSION + "/exec", COMMAND).refuses(400, "Session is paused"),
          row("S7 200 warm").post(SESSION + "/resume", "").answers(200, own("active")),
          row("S6 200").post(SESSION + "/stop", "").answers(200, own("stopped")),
          row("S6 400 stopped")
              .post(SESSION + "/stop")
              .refuses(400, "Cannot stop session with status \"stopped\""),
          row("S5 400 stopped")
              .post(SESSION + "/pause")
              .refuses(400, "Cannot pause session with status \"stopped\""),
          row("F1 200 snapshot")
              .get(SESSION + "/files")
              .answers(200, "{'files':[<any>'path':'a/b.txt'<any>],'source':'snapshot'}"),
          row("F2 200 snapshot")
              .get(SESSION + "/files/a/b.txt")
              .answers(200, "hi")
              .with("x-ash-source", "snapshot"),
          row("S12 200 stopped").get(SESSION + "/logs").answers(200),
          row("S7 200 cold").post(SESSION + "/resume", "{}").answers(200, own("active")),
          row("S8 201")
              .post(SESSION + "/fork", "")
              .answers(201, SessionRows.one("paused", "'{session}'"))
              .keeps("fork", "/session/id"),
          row("S8 201 has the workspace").get(FORK + "/files/a/b.txt").answers(200, "hi"),
          row("S8 201 has the messages")
              .get(FORK + "/messages?limit=1")
              .answers(200, "{'messages':[{<any>\\'content\\':\\'hello\\'<any>}]}"),
          row("S9 200").delete(FORK).answers(200, SessionRows.one("ended", "'{session}'")),
          row("S9 200 again").delete(FORK).answers(200, SessionRows.one("ended", "'{session}'")),
          row("S7 410")
              .post(FORK + "/resume")
              .refuses(410, "Session has ended — create a new session"),
          row("2.7 400 ended").post(FORK + "/messages", TEXT).refuses(400, "Session is ended"),
          row("S13 400 ended").post(FORK + "/exec", COMMAND).refuses(400, "Session is ended"),
          row("S5 400 ended")
              .post(FORK + "/pause")
              .refuses(400, "Cannot pause session with status \"ended\""),
          row("S6 400 ended")
              .post(FORK + "/stop")
              .refuses(400, "Cannot stop session with status \"ended\""),
          row("F2 200 ended").get(FORK + "/files/a/b.txt").answers(200, "hi"),
          row("S5 404").post(NOBODY + "/pause").refuses(404, NOT_FOUND),
          row("S6 404").post(NOBODY + "/stop").refuses(404, NOT_FOUND),
          row("S7 404").post(NOBODY + "/resume").refuses(404, NOT_FOUND),
          row("S8 404").post(NOBODY + "/fork").refuses(404, NOT_FOUND),
          row("S9 404").delete(NOBODY).refuses(404, NOT_FOUND),
          row("S9 404 other tenant").delete(SESSION).by("other").refuses(404, NOT_FOUND));

  private LifecycleRows() {}

  private static String own(String status) {
    return SessionRows.one(status, "null");
  }
}
