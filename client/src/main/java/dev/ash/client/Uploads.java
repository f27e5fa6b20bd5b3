package dev.ash.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.client.http.Body;
import dev.ash.client.model.FileUpload;
import dev.ash.protocol.json.Json;
import java.util.List;

/** Bodies that hold files, which are read while they are sent. */
final class Uploads {
  private Uploads() {}

  static Body object(List<FileUpload> files) {
    return object(Json.object(), files);
  }

  /** The object with one more field, {@code files}. */
  static Body object(ObjectNode head, List<FileUpload> files) {
    var body = opened(head).text("\"files\":[");
    var separator = "";
    for (var file : files) {
      body.text(separator + "{\"path\":").string(file.path());
      body.text(",\"content\":").base64(file.content()).text("}");
      separator = ",";
    }
    return body.text("]}");
  }

  /** The object up to where another field can follow. */
  static Body opened(ObjectNode head) {
    var text = head.toString();
    return new Body().text(text.substring(0, text.length() - 1) + (head.isEmpty() ? "" : ","));
  }
}
