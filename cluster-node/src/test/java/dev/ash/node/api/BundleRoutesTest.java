package dev.ash.node.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.session.Bundles.Restored;
import dev.ash.protocol.session.Rejection;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Contract 2.9. */
final class BundleRoutesTest {
  private static final String URL = "/api/sessions/" + FakeSessions.ID + "/workspace";
  private static final String GZIP = "{\"bundle\":\"H4sIAAAA\"}";

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
  void givesTheWorkspaceAsAFile() throws Exception {
    var reply = api.get(URL);

    assertThat(reply.body()).isEqualTo("abc");
    assertThat(reply.header("content-type")).isEqualTo("application/gzip");
    assertThat(reply.header("content-disposition"))
        .isEqualTo("attachment; filename=\"" + FakeSessions.ID + ".tar.gz\"");
    assertThat(reply.header("content-length")).isEqualTo("3");
  }

  @Test
  void saysWhereABundleWent() throws Exception {
    assertThat(api.post(URL, GZIP).body())
        .isEqualTo("{\"message\":\"Workspace restored to live sandbox\"}");
    api.bundles.place = Restored.SAVED_FILES;
    assertThat(api.post(URL, GZIP).body())
        .isEqualTo("{\"message\":\"Workspace saved as snapshot\"}");
    assertThat(api.bundles.given).hasSize(2);
  }

  @Test
  void refusesWhatIsNoBundle() throws Exception {
    assertThat(api.post(URL, "{\"bundle\":\"\"}").body())
        .isEqualTo("{\"error\":\"Empty bundle\",\"statusCode\":400}");
    assertThat(api.post(URL, "{}").body())
        .isEqualTo("{\"error\":\"Bad Request\",\"statusCode\":400}");
    var noGzip = api.post(URL, "{\"bundle\":\"aGVsbG8=\"}");
    assertThat(noGzip.status()).isEqualTo(500);
    assertThat(noGzip.body())
        .isEqualTo(
            "{\"statusCode\":500,\"error\":\"Internal Server Error\","
                + "\"message\":\"Invalid bundle: not a gzip file\"}");
    assertThat(api.bundles.given).isEmpty();

    api.bundles.refusal = Optional.of(new Rejection(Rejection.Code.INVALID, "Invalid bundle: x"));
    assertThat(api.post(URL, GZIP).body())
        .isEqualTo("{\"error\":\"Invalid bundle: x\",\"statusCode\":400}");
  }
}
