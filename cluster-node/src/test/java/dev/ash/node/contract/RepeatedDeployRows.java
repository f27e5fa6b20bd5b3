package dev.ash.node.contract;

import static dev.ash.node.contract.Row.row;

import java.util.List;

/**
 * A deploy that is sent twice with one {@code Idempotency-Key}, which is ours and not the
 * contract's.
 */
final class RepeatedDeployRows {
  static final List<Row> ROWS =
      List.of(
          row("A1 201 with an Idempotency-Key")
              .post("/api/agents", "{'name':'repeated'}")
              .header("Idempotency-Key", "deploy-1")
              .answers(201, "{'agent':{<any>'version':1,<any>}}"),
          row("A1 201 repeated is no new version")
              .post("/api/agents", "{'name':'repeated'}")
              .header("Idempotency-Key", "deploy-1")
              .answers(201, "{'agent':{<any>'version':1,<any>}}"),
          row("A4 200 repeated").delete("/api/agents/repeated").answers(200, "{'ok':true}"));

  private RepeatedDeployRows() {}
}
