package dev.ash.node.contract;

import static dev.ash.node.contract.Row.row;

import java.util.List;

/** Attachments (section 2.10). */
final class AttachmentRows {
  private static final String OF_SESSION = "/api/sessions/{session}/attachments";
  private static final String ATTACHMENT =
      "{'id':'<uuid>','tenantId':'default','messageId':'unlinked','sessionId':'{session}',"
          + "'filename':'%s','mimeType':'%s','size':2,'createdAt':'<time>'}";

  static final List<Row> ROWS =
      List.of(
          row("2.10 POST 201")
              .post(
                  OF_SESSION, "{'filename':'../x/a.txt','content':'aGk=','mimeType':'text/plain'}")
              .answers(201, "{'attachment':" + ATTACHMENT.formatted("a.txt", "text/plain") + "}")
              .keeps("attachment", "/attachment/id"),
          row("2.10 POST 201 no type")
              .post(OF_SESSION, "{'filename':'b','content':'aGk='}")
              .answers(
                  201,
                  "{'attachment':" + ATTACHMENT.formatted("b", "application/octet-stream") + "}"),
          row("2.10 POST 201 is in the workspace")
              .get("/api/sessions/{session}/files/attachments/a.txt")
              .answers(200, "hi"),
          row("2.10 POST 404")
              .post("/api/sessions/{unknown}/attachments", "{'filename':'b','content':'aGk='}")
              .refuses(404, "Session not found"),
          row("2.10 POST 400 empty")
              .post(OF_SESSION, "{'filename':'b','content':''}")
              .refuses(400, "Empty attachment content"),
          // The reference takes 0.75 MiB and says 10 (G26, B12).
          row("2.10 POST 201 of 2 MiB")
              .post(OF_SESSION, "{'filename':'big','content':'" + "AAAA".repeat(2 * 349_526) + "'}")
              .answers(201),
          row("2.2 short POST attachments")
              .post(OF_SESSION, "{'filename':'','content':'aGk='}")
              .refusesShort(),
          row("2.10 GET all 200")
              .get(OF_SESSION)
              .answers(200, "{'attachments':[{'id':'{attachment}',<any>'filename':'b',<any>}]}"),
          row("2.10 GET all 404")
              .get("/api/sessions/{unknown}/attachments")
              .refuses(404, "Session not found"),
          row("2.10 GET 200")
              .get("/api/attachments/{attachment}")
              .answers(200, "hi")
              .with("content-type", "text/plain<any>")
              .with("x-content-type-options", "nosniff")
              .with("content-disposition", "attachment; filename*=UTF-8''a.txt"),
          row("2.10 GET 404")
              .get("/api/attachments/{unknown}")
              .refuses(404, "Attachment not found"),
          row("2.10 GET 404 other tenant")
              .get("/api/attachments/{attachment}")
              .by("other")
              .refuses(404, "Attachment not found"),
          row("2.2 long GET attachment")
              .get("/api/attachments/not-a-uuid")
              .refusesLong("params/id must match format \"uuid\""),
          row("2.10 DELETE 204").delete("/api/attachments/{attachment}").answers(204, ""),
          row("2.10 DELETE 404")
              .delete("/api/attachments/{attachment}")
              .refuses(404, "Attachment not found"));

  private AttachmentRows() {}
}
