package dev.ash.node.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.attachments.Attachments.NewAttachment;
import dev.ash.node.upload.Content;
import dev.ash.protocol.session.Rejection;
import java.util.Base64;
import java.util.Optional;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Contract 2.10. The largest attachment of this server has 1000 bytes. */
final class AttachmentRoutesTest {
  private static final String ALL = "/api/sessions/" + FakeSessions.ID + "/attachments";
  private static final String ONE = "/api/attachments/" + FakeAttachments.KNOWN.id();
  private static final String VIEW =
      "{\"id\":\"1d1d9f0c-3a7a-4b3d-8a0e-9d3c5b1f7a11\",\"tenantId\":\"default\","
          + "\"messageId\":\"unlinked\",\"sessionId\":\""
          + FakeSessions.ID
          + "\",\"filename\":\"notes \u00e9.txt\",\"mimeType\":\"text/plain\",\"size\":5,"
          + "\"createdAt\":\"2026-11-22T01:02:08.394Z\"}";

  private ApiServer api;

  @BeforeEach
  void start() throws Exception {
    api = new ApiServer();
  }

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  void takesAFileInBase64() throws Exception {
    var reply = api.post(ALL, "{\"filename\":\"a.txt\",\"content\":\"aGVsbG8=\"}");

    assertThat(reply.status()).isEqualTo(201);
    assertThat(reply.body()).isEqualTo("{\"attachment\":" + VIEW + "}");
    assertThat(api.attachments.asked)
        .containsExactly(
            new NewAttachment(
                "a.txt",
                "application/octet-stream",
                Optional.empty(),
                Content.of(ByteString.fromString("hello"))));
  }

  @Test
  void refusesWhatIsEmptyOrTooLarge() throws Exception {
    var empty = api.post(ALL, "{\"filename\":\"a\",\"content\":\"\"}");
    assertThat(empty.body())
        .isEqualTo("{\"error\":\"Empty attachment content\",\"statusCode\":400}");

    var large = api.post(ALL, "{\"filename\":\"a\",\"content\":\"" + base64(1001) + "\"}");
    assertThat(large.status()).isEqualTo(413);
    assertThat(large.body())
        .isEqualTo("{\"error\":\"Attachment too large (max 1000 bytes)\",\"statusCode\":413}");

    var huge = api.post(ALL, "{\"filename\":\"a\",\"content\":\"" + base64(1 << 20) + "\"}");
    assertThat(huge.status()).isEqualTo(413);
    assertThat(huge.body()).isEqualTo("{\"error\":\"Payload Too Large\",\"statusCode\":413}");

    assertThat(api.post(ALL, "{\"filename\":\"\",\"content\":\"aA==\"}").body())
        .isEqualTo("{\"error\":\"Bad Request\",\"statusCode\":400}");
    assertThat(api.attachments.asked).isEmpty();
    assertThat(api.post(ALL, "{\"filename\":\"a\",\"content\":\"" + base64(1000) + "\"}").status())
        .isEqualTo(201);
  }

  @Test
  void listsGivesAndDeletes() throws Exception {
    assertThat(api.get(ALL).body()).isEqualTo("{\"attachments\":[" + VIEW + "]}");

    var content = api.get(ONE);
    assertThat(content.body()).isEqualTo("hello");
    assertThat(content.header("content-type")).isEqualTo("text/plain");
    assertThat(content.header("x-content-type-options")).isEqualTo("nosniff");
    assertThat(content.header("content-disposition"))
        .isEqualTo("attachment; filename*=UTF-8''notes%20%C3%A9.txt");

    assertThat(api.delete(ONE).status()).isEqualTo(204);
    api.attachments.refusal =
        Optional.of(new Rejection(Rejection.Code.NOT_FOUND, "Attachment not found"));
    assertThat(api.get(ONE).body())
        .isEqualTo("{\"error\":\"Attachment not found\",\"statusCode\":404}");
    assertThat(api.delete(ONE).status()).isEqualTo(404);
  }

  private static String base64(int size) {
    return Base64.getEncoder().encodeToString(new byte[size]);
  }
}
