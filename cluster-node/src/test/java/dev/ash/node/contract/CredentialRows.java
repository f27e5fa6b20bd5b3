package dev.ash.node.contract;

import static dev.ash.node.contract.Row.row;

import java.util.List;

/** Credentials (section 2.11); sessions use those that are made here. */
final class CredentialRows {
  static final List<Row> ROWS =
      List.of(
          row("2.11 POST 201")
              .post("/api/credentials", "{'type':'anthropic','key':'sk-1','label':'mine'}")
              .answers(
                  201,
                  "{'credential':{'id':'<uuid>','type':'anthropic','label':'mine','active':true,"
                      + "'createdAt':'<time>'}}")
              .keeps("credential", "/credential/id"),
          row("2.11 POST 201 no label")
              .post("/api/credentials", "{'type':'bedrock','key':'not json'}")
              .answers(201, "{'credential':{<any>'type':'bedrock','label':'',<any>}}")
              .keeps("noJson", "/credential/id"),
          row("S1 400 bedrock is no object")
              .post("/api/sessions", "{'agent':'walker','credentialId':'{noJson}'}")
              .refuses(
                  400,
                  "Bedrock credential must be a JSON object with accessKeyId, secretAccessKey, and"
                      + " region"),
          row("2.11 POST 201 bedrock")
              .post(
                  "/api/credentials",
                  "{'type':'bedrock','key':'{\\'accessKeyId\\':\\'a\\'}','label':'b'}")
              .answers(201)
              .keeps("noRegion", "/credential/id"),
          row("S1 400 bedrock lacks a part")
              .post("/api/sessions", "{'agent':'walker','credentialId':'{noRegion}'}")
              .refuses(400, "Bedrock credential requires accessKeyId, secretAccessKey, and region"),
          row("S1 400 credential")
              .post("/api/sessions", "{'agent':'walker','credentialId':'none'}")
              .refuses(400, "Invalid or inaccessible credential"),
          row("2.11 GET 200")
              .get("/api/credentials")
              .answers(
                  200,
                  "{'credentials':[{<any>'label':'b',<any>{'id':'{credential}',"
                      + "'type':'anthropic','label':'mine','active':true,'createdAt':'<time>',"
                      + "'lastUsedAt':null}]}"),
          row("2.11 DELETE 404 other tenant")
              .delete("/api/credentials/{credential}")
              .by("other")
              .refuses(404, "Credential not found"),
          row("2.11 DELETE 204").delete("/api/credentials/{credential}").answers(204, ""),
          row("2.11 DELETE 404")
              .delete("/api/credentials/{credential}")
              .refuses(404, "Credential not found"));

  private CredentialRows() {}
}
