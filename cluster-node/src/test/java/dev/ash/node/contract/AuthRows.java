package dev.ash.node.contract;

import static dev.ash.node.contract.Row.row;

import java.util.List;

/** Authentication and tenancy (section 3). */
final class AuthRows {
  static final List<Row> ROWS =
      List.of(
          row("3 401 no header")
              .get("/api/agents")
              .withoutKey()
              .refuses(401, "Missing Authorization header")
              .with("www-authenticate", "(none)"),
          row("3 401 another scheme")
              .get("/api/agents")
              .header("Authorization", "Basic dGVzdDp0ZXN0")
              .withoutKey()
              .refuses(401, "Invalid Authorization header format"),
          row("3 401 bearer in lower case")
              .get("/api/agents")
              .header("Authorization", "bearer {main}")
              .withoutKey()
              .refuses(401, "Invalid Authorization header format"),
          row("3 401 two spaces")
              .get("/api/agents")
              .header("Authorization", "Bearer  {main}")
              .withoutKey()
              .refuses(401, "Invalid Authorization header format"),
          row("3 401 unknown key").get("/api/agents").by("wrong").refuses(401, "Invalid API key"),
          row("3 401 before 404").get("/api/nothing").withoutKey().answers(401),
          row("3 internal secret missing")
              .post("/api/internal/api-keys", "{'tenantId':'other'}")
              .withoutKey()
              .answers(401, "{'error':'Unauthorized — invalid or missing internal secret'}"),
          row("3 internal secret wrong")
              .post("/api/internal/runners/register", "{}")
              .by("wrong")
              .answers(401, "{'error':'Unauthorized — invalid or missing internal secret'}"),
          // The reference lets everybody see its runners (G1).
          row("3 list of runners without the secret")
              .get("/api/internal/runners")
              .withoutKey()
              .answers(401, "{'error':'Unauthorized — invalid or missing internal secret'}"),
          row("3 internal secret right")
              .post("/api/internal/api-keys", "{'tenantId':'other'}")
              .by("secret")
              .answers(200, "{'id':'<uuid>','key':'ash_<text>','tenantId':'other'}")
              .keeps("other", "/key"));

  private AuthRows() {}
}
