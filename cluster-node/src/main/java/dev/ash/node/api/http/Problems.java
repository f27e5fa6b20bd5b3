package dev.ash.node.api.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import dev.ash.protocol.session.Rejection;
import java.util.Map;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** Every fault a client is told of; the only place where a refusal becomes an HTTP status. */
public final class Problems {

  private Problems() {}

  /** The usual form. */
  @JsonPropertyOrder({"error", "statusCode"})
  record Brief(String error, int statusCode) {}

  /** The form of what is found wrong before a handler runs. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @JsonPropertyOrder({"statusCode", "code", "error", "message"})
  record Detailed(int statusCode, String code, String error, String message) {}

  @JsonPropertyOrder({"message", "error", "statusCode"})
  record NoRoute(String message, String error, int statusCode) {}

  public static HttpResponse of(Rejection why) {
    return of(status(why.code()), why.detail());
  }

  public static HttpResponse of(int status, String text) {
    return Replies.json(status, new Brief(text, status));
  }

  /** A body without the status, which a few rows of the contract have. */
  public static HttpResponse bare(int status, String text) {
    return Replies.json(status, Map.of("error", text));
  }

  static int status(Rejection.Code code) {
    return switch (code) {
      case INVALID, WRONG_STATE -> 400;
      case NOT_FOUND -> 404;
      case BUSY -> 409;
      case GONE -> 410;
      case TOO_LARGE -> 413;
      case UNPROCESSABLE -> 422;
      case FAILED -> 500;
      case NO_CAPACITY, UNAVAILABLE -> 503;
    };
  }

  static HttpResponse noRoute(String method, String url) {
    return Replies.json(
        404, new NoRoute("Route " + method + ":" + url + " not found", "Not Found", 404));
  }

  static HttpResponse invalid(boolean shortForm, String message) {
    return badRequest(shortForm, "FST_ERR_VALIDATION", message);
  }

  static HttpResponse emptyJson(boolean shortForm) {
    return badRequest(
        shortForm,
        "FST_ERR_CTP_EMPTY_JSON_BODY",
        "Body cannot be empty when content-type is set to 'application/json'");
  }

  static HttpResponse notJson(boolean shortForm) {
    return badRequest(
        shortForm,
        "FST_ERR_CTP_INVALID_JSON_BODY",
        "Body is not valid JSON but content-type is set to 'application/json'");
  }

  /** The client left, or sent other than HTTP in the middle. */
  static HttpResponse cutBody() {
    return of(400, "Request body is not complete");
  }

  static HttpResponse tooLarge(boolean shortForm) {
    return Replies.json(
        413,
        shortForm
            ? new Brief("Payload Too Large", 413)
            : new Detailed(
                413,
                "FST_ERR_CTP_BODY_TOO_LARGE",
                "Payload Too Large",
                "Request body is too large"));
  }

  static HttpResponse mediaType() {
    return Replies.json(
        415,
        new Detailed(
            415,
            "FST_ERR_CTP_INVALID_MEDIA_TYPE",
            "Unsupported Media Type",
            "Unsupported Media Type"));
  }

  static HttpResponse tooMany(String wait) {
    return Replies.json(
        429, new Detailed(429, "", "Too Many Requests", "Rate limit exceeded, retry in " + wait));
  }

  /** The long form of a failure whose cause the client is told. */
  public static HttpResponse failed(String message) {
    return Replies.json(500, new Detailed(500, "", "Internal Server Error", message));
  }

  /** Passes: what was asked for may be asked again. */
  static HttpResponse databaseAway() {
    return of(503, "The database cannot be reached; try again")
        .addHeader(Replies.header("retry-after", "5"));
  }

  /** Whatever the field: no text with it is stored, and so none is found. */
  static HttpResponse unstorable() {
    return of(400, "A text of the request has a NUL character (U+0000); it can be stored nowhere");
  }

  /** Says nothing but where to look: the log has the rest under this id. */
  static HttpResponse unexpected(String id) {
    return Replies.json(
        500, new Detailed(500, "", "Internal Server Error", "Unexpected error " + id));
  }

  private static HttpResponse badRequest(boolean shortForm, String code, String message) {
    return Replies.json(
        400,
        shortForm
            ? new Brief("Bad Request", 400)
            : new Detailed(400, code, "Bad Request", message));
  }
}
