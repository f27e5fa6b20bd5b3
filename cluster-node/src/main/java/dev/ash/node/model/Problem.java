package dev.ash.node.model;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;

/** A call this node answers itself, in the error form the agent knows. */
enum Problem {
  NO_CREDENTIAL(401, "authentication_error"),
  UNKNOWN_PATH(404, "not_found_error"),
  NOT_OFFERED(404, "not_found_error"),
  NO_SUCH_MODEL(404, "not_found_error"),
  WRONG_METHOD(405, "invalid_request_error"),
  BAD_REQUEST(400, "invalid_request_error"),
  OVER_BUDGET(402, "billing_error"),
  TOO_LARGE(413, "request_too_large"),
  BUDGET_HELD(429, "rate_limit_error"),
  FULL(503, "overloaded_error"),
  NO_SECRET(503, "api_error"),
  BROKEN(500, "api_error"),
  UNREACHABLE(502, "api_error"),
  SILENT(504, "timeout_error");

  private final int status;
  private final String type;

  Problem(int status, String type) {
    this.status = status;
    this.type = type;
  }

  HttpResponse response(String message) {
    var body = JsonNodeFactory.instance.objectNode().put("type", "error");
    body.putObject("error").put("type", type).put("message", message);
    return HttpResponse.create()
        .withStatus(StatusCodes.get(status))
        .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, body.toString()));
  }
}
