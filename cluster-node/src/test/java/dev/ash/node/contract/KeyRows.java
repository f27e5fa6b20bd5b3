package dev.ash.node.contract;

import static dev.ash.node.contract.Row.row;

import java.util.List;

/** API keys (section 2.15). */
final class KeyRows {
  private static final String NOT_FOUND = "{'error':'API key not found'}";

  static final List<Row> ROWS =
      List.of(
          row("2.15 POST 201")
              .post("/api/api-keys", "{'label':'mine'}")
              .answers(201, "{'id':'<uuid>','key':'ash_<text>'}")
              .keeps("keyId", "/id")
              .keeps("newKey", "/key"),
          row("2.15 POST 201 no body")
              .post("/api/api-keys")
              .answers(201, "{'id':'<uuid>','key':'ash_<text>'}"),
          row("2.15 GET 200")
              .get("/api/api-keys")
              .answers(200, "{'keys':[{<any>'label':'dashboard-key',<any>'label':'mine',<any>}]}"),
          row("2.15 new key opens").get("/api/agents").by("newKey").answers(200),
          // The reference deletes keys of any tenant (G11).
          row("2.15 DELETE 404 other tenant")
              .delete("/api/api-keys/{keyId}")
              .by("other")
              .answers(404, NOT_FOUND),
          row("2.15 DELETE 204").delete("/api/api-keys/{keyId}").answers(204, ""),
          row("2.15 deleted key is unknown")
              .get("/api/agents")
              .by("newKey")
              .refuses(401, "Invalid API key"),
          row("2.15 DELETE 404").delete("/api/api-keys/{keyId}").answers(404, NOT_FOUND),
          row("2.15 DELETE env 404").delete("/api/api-keys/env").answers(404, NOT_FOUND),
          row("2.15 internal 200")
              .post("/api/internal/api-keys", "{'tenantId':'third','label':'l'}")
              .by("secret")
              .answers(200, "{'id':'<uuid>','key':'ash_<text>','tenantId':'third'}"),
          row("2.15 internal 400")
              .post("/api/internal/api-keys", "{'label':'l'}")
              .by("secret")
              .answers(400, "{'error':'Missing required field: tenantId'}"),
          // The reference answers with a 500.
          row("2.15 internal no body")
              .post("/api/internal/api-keys")
              .by("secret")
              .answers(400, "{'error':'Missing required field: tenantId'}"));

  private KeyRows() {}
}
