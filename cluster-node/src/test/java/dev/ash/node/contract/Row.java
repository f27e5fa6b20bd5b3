package dev.ash.node.contract;

import dev.ash.node.e2e.StrictClient;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One row of the contract: a request, and what has to come back.
 *
 * <p>JSON is written with ' for ". Words in braces, such as {@code {session}}, stand for values
 * that earlier rows kept. What an answer may fill in is written {@code <uuid>}, {@code <time>},
 * {@code <int>}, {@code <text>} (within a JSON string) and {@code <any>}; all else is compared byte
 * for byte, so the order of members counts.
 */
public final class Row {
  static final String SHORT = "{'error':'Bad Request','statusCode':400}";

  /** Where a request without a key, or with another, is told apart. */
  public static final String MAIN = "main";

  private final String id;
  private final Map<String, String> headers = new LinkedHashMap<>();
  private final Map<String, String> expectedHeaders = new LinkedHashMap<>();
  private final Map<String, String> kept = new LinkedHashMap<>();
  private String method = "";
  private String path = "";
  private byte[] body = new byte[0];
  private long declaredLength = -1;
  private String caller = MAIN;
  private int times = 1;
  private int status;
  private @Nullable String template;

  private Row(String id) {
    this.id = id;
  }

  /**
   * Begins a row.
   *
   * @param id as rows.txt has it
   */
  public static Row row(String id) {
    return new Row(id);
  }

  public Row get(String path) {
    return call("GET", path);
  }

  public Row delete(String path) {
    return call("DELETE", path);
  }

  /** Without a body. */
  public Row post(String path) {
    return call("POST", path);
  }

  public Row post(String path, String json) {
    return call("POST", path).sends("application/json", quoted(json));
  }

  public Row patch(String path, String json) {
    return call("PATCH", path).sends("application/json", quoted(json));
  }

  public Row call(String method, String path) {
    this.method = method;
    this.path = path;
    return this;
  }

  /** A body as it stands. */
  public Row sends(String type, String text) {
    this.body = text.getBytes(StandardCharsets.UTF_8);
    return header("Content-Type", type);
  }

  /** Announces so many bytes of JSON and sends none of them. */
  public Row announces(long bytes) {
    this.declaredLength = bytes;
    return header("Content-Type", "application/json");
  }

  public Row header(String name, String value) {
    headers.put(name, value);
    return this;
  }

  /** With the key of this name among the scene's. */
  public Row by(String caller) {
    this.caller = caller;
    return this;
  }

  public Row withoutKey() {
    return by("");
  }

  /** Sent so many times; the last answer counts. */
  public Row times(int times) {
    this.times = times;
    return this;
  }

  /** Any body. */
  public Row answers(int status) {
    this.status = status;
    return this;
  }

  public Row answers(int status, String template) {
    this.template = quoted(template);
    return answers(status);
  }

  /** The plain error form. */
  public Row refuses(int status, String text) {
    this.template =
        "{\"error\":" + StrictClient.object().textNode(text) + ",\"statusCode\":" + status + "}";
    return answers(status);
  }

  /** The short form of what fails validation. */
  public Row refusesShort() {
    return answers(400, SHORT);
  }

  /** The long form. */
  public Row refusesLong(String message) {
    return refusesLong("FST_ERR_VALIDATION", message);
  }

  public Row refusesLong(String code, String message) {
    this.template =
        "{\"statusCode\":400,\"code\":\""
            + code
            + "\",\"error\":\"Bad Request\",\"message\":"
            + StrictClient.object().textNode(message)
            + "}";
    return answers(400);
  }

  /** A header that is there with this value, or with {@code (none)} is not. */
  public Row with(String header, String template) {
    expectedHeaders.put(header, template);
    return this;
  }

  /** Keeps a value of the JSON answer under a name. */
  public Row keeps(String name, String pointer) {
    kept.put(name, pointer);
    return this;
  }

  static String quoted(String json) {
    return json.replace('\'', '"');
  }

  String id() {
    return id;
  }

  String method() {
    return method;
  }

  String path() {
    return path;
  }

  byte[] body() {
    return body.clone();
  }

  long declaredLength() {
    return declaredLength;
  }

  String caller() {
    return caller;
  }

  int times() {
    return times;
  }

  int status() {
    return status;
  }

  /** Empty if any body will do. */
  String template() {
    return Objects.requireNonNullElse(template, "<any>");
  }

  Map<String, String> headers() {
    return headers;
  }

  Map<String, String> expectedHeaders() {
    return expectedHeaders;
  }

  Map<String, String> kept() {
    return kept;
  }
}
