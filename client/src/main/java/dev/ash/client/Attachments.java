package dev.ash.client;

import dev.ash.client.http.Call;
import dev.ash.client.http.Connection;
import dev.ash.client.http.Content;
import dev.ash.client.http.Download;
import dev.ash.client.http.Paths;
import dev.ash.client.model.Attachment;
import dev.ash.protocol.json.Json;
import java.util.List;
import java.util.Optional;

/** Files of a conversation: {@code /api/attachments}. */
public final class Attachments {
  private final Connection connection;

  Attachments(Connection connection) {
    this.connection = connection;
  }

  /**
   * Stores a file with a session; its workspace gets a copy.
   *
   * @param type a media type, for example {@code image/png}
   */
  public Attachment add(String session, String filename, String type, Content content) {
    return add(session, filename, type, content, Optional.empty());
  }

  /** Stores a file with one message of a session. */
  public Attachment addTo(
      String session, String messageId, String filename, String type, Content content) {
    return add(session, filename, type, content, Optional.of(messageId));
  }

  private Attachment add(
      String session, String filename, String type, Content content, Optional<String> messageId) {
    var head = Json.object().put("filename", filename).put("mimeType", type);
    messageId.ifPresent(id -> head.put("messageId", id));
    var body = Uploads.opened(head).text("\"content\":").base64(content).text("}");
    var answer = connection.json(Call.post(ofSession(session)).with(body));
    return Attachment.of(answer.path("attachment"));
  }

  /** The oldest first. */
  public List<Attachment> list(String session) {
    var answer = connection.json(Call.get(ofSession(session)));
    return answer.path("attachments").valueStream().map(Attachment::of).toList();
  }

  /** The file as it is. The caller closes it. */
  public Download download(String id) {
    return connection.download(Call.get(path(id)));
  }

  public void delete(String id) {
    connection.json(Call.delete(path(id)));
  }

  private static String ofSession(String session) {
    return "/api/sessions/" + Paths.segment(session) + "/attachments";
  }

  private static String path(String id) {
    return "/api/attachments/" + Paths.segment(id);
  }
}
