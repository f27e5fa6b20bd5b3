package dev.ash.node.contract;

import static dev.ash.node.contract.Row.row;

import java.util.List;

/** Workspace bundles (section 2.9); needs a session that runs and a fork that has ended. */
public final class BundleRows {
  /** A tar with {@code ./bundled.txt}, compressed. */
  public static final String TAR_GZ =
      "H4sIAAAAAAACA9PTTyrNS8lJTdErqShhoA0wAAIzExMwDQTotIGBoQmCDRI3NDAyNWZQMGCgAygtLkksAlrPMDJBZp5CogIkCXAxjIJRMApGwSgYMQAAixhb9wAIAAA=";

  private static final String LIVE = "/api/sessions/{session}/workspace";
  private static final String NOBODY = "/api/sessions/{unknown}/workspace";

  static final List<Row> ROWS =
      List.of(
          row("2.1 bundle over 134 MiB")
              .call("POST", LIVE)
              .announces(140_509_185)
              .answers(
                  413,
                  "{'statusCode':413,'code':'FST_ERR_CTP_BODY_TOO_LARGE',"
                      + "'error':'Payload Too Large','message':'Request body is too large'}"),
          row("2.9 GET 200")
              .get(LIVE)
              .answers(200)
              .with("content-type", "application/gzip")
              .with("content-disposition", "attachment; filename=\"{session}.tar.gz\""),
          row("2.9 GET 200 ended").get("/api/sessions/{fork}/workspace").answers(200),
          row("2.9 GET 404").get(NOBODY).refuses(404, "Session not found"),
          row("2.9 GET 404 other tenant").get(LIVE).by("other").refuses(404, "Session not found"),
          row("2.9 POST 200")
              .post(LIVE, "{'bundle':'" + TAR_GZ + "'}")
              .answers(200, "{'message':'Workspace restored to live sandbox'}"),
          row("2.9 POST 200 is there")
              .get("/api/sessions/{session}/files/bundled.txt")
              .answers(200, "in a bundle\n"),
          row("2.9 POST 200 lays over what is there")
              .get("/api/sessions/{session}/files/a/b.txt")
              .answers(200, "hi"),
          row("2.9 POST 200 snapshot")
              .post("/api/sessions/{fork}/workspace", "{'bundle':'" + TAR_GZ + "'}")
              .answers(200, "{'message':'Workspace saved as snapshot'}"),
          row("2.9 POST 400 empty").post(LIVE, "{'bundle':''}").refuses(400, "Empty bundle"),
          row("2.9 POST 404")
              .post(NOBODY, "{'bundle':'" + TAR_GZ + "'}")
              .refuses(404, "Session not found"),
          row("2.9 POST 500 not gzip")
              .post(LIVE, "{'bundle':'AAAA'}")
              .answers(
                  500,
                  "{'statusCode':500,'error':'Internal Server Error',"
                      + "'message':'Invalid bundle: not a gzip file'}"),
          row("2.2 short POST workspace").post(LIVE, "{}").refusesShort());

  private BundleRows() {}
}
