package dev.ash.node.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.config.Secret;
import dev.ash.node.credentials.Credentials;
import dev.ash.node.credentials.Credentials.Found;
import dev.ash.protocol.id.TenantId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Contract 2.11, and {@code credentialId} of 2.6. */
final class CredentialRoutesTest {
  private static final String BAD_REQUEST = "{\"error\":\"Bad Request\",\"statusCode\":400}";
  private static final String INVALID =
      "{\"error\":\"Invalid or inaccessible credential\",\"statusCode\":400}";
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
  void storesACredentialAndNeverShowsIt() throws Exception {
    var made =
        api.post("/api/credentials", "{\"type\":\"openai\",\"key\":\"sk-1\",\"label\":\"ci\"}");

    assertThat(made.status()).isEqualTo(201);
    assertThat(made.body())
        .isEqualTo(
            "{\"credential\":{\"id\":\"c3\",\"type\":\"openai\",\"label\":\"ci\",\"active\":true,"
                + "\"createdAt\":\"2026-11-22T01:02:08.000Z\"}}");
    assertThat(api.post("/api/credentials", "{\"type\":\"custom\",\"key\":\"k\"}").body())
        .contains("\"label\":\"\"");
    assertThat(api.credentials.created)
        .containsExactly(
            new FakeCredentials.Created(
                TenantId.DEFAULT, Credentials.Type.OPENAI, new Secret("sk-1"), "ci"),
            new FakeCredentials.Created(
                TenantId.DEFAULT, Credentials.Type.CUSTOM, new Secret("k"), ""));
  }

  @Test
  void saysWhenTheNodeHasNoMasterKey() throws Exception {
    api.credentials.configured = false;

    var refused = api.post("/api/credentials", "{\"type\":\"anthropic\",\"key\":\"k\"}");

    assertThat(refused.status()).isEqualTo(500);
    assertThat(refused.body())
        .isEqualTo(
            "{\"error\":\"Credential storage not configured (ASH_CREDENTIAL_KEY not set)\","
                + "\"statusCode\":500}");
  }

  @Test
  void refusesWhatIsNoCredential() throws Exception {
    for (var bad :
        List.of(
            "{}",
            "{\"type\":\"anthropic\"}",
            "{\"type\":\"anthropic\",\"key\":\"\"}",
            "{\"type\":\"gemini\",\"key\":\"k\"}",
            "{\"type\":\"anthropic\",\"key\":\"k\",\"label\":\"a\\u0000b\"}",
            "[]")) {
      var reply = api.post("/api/credentials", bad);
      assertThat(reply.status()).as(bad).isEqualTo(400);
      assertThat(reply.body()).isEqualTo(BAD_REQUEST);
    }
    assertThat(api.credentials.created).isEmpty();
  }

  @Test
  void listsAndDeletesThoseOfTheTenant() throws Exception {
    assertThat(api.get("/api/credentials").body())
        .isEqualTo(
            "{\"credentials\":[{\"id\":\"c2\",\"type\":\"bedrock\",\"label\":\"prod\","
                + "\"active\":true,\"createdAt\":\"2026-11-22T01:02:07.938Z\","
                + "\"lastUsedAt\":\"2026-11-22T01:02:08.000Z\"},{\"id\":\"c1\","
                + "\"type\":\"anthropic\",\"label\":\"\",\"active\":true,"
                + "\"createdAt\":\"2026-11-22T01:02:07.000Z\",\"lastUsedAt\":null}]}");
    var other = Map.of("Authorization", "Bearer " + FakeKeys.OTHER);
    assertThat(api.send("GET", "/api/credentials", other, "").body())
        .isEqualTo("{\"credentials\":[]}");

    assertThat(api.send("DELETE", "/api/credentials/c1", other, "").status()).isEqualTo(404);
    assertThat(api.delete("/api/credentials/c1").status()).isEqualTo(204);
    var unknown = api.delete("/api/credentials/any%20text");
    assertThat(unknown.status()).isEqualTo(404);
    assertThat(unknown.body()).isEqualTo("{\"error\":\"Credential not found\",\"statusCode\":404}");
    assertThat(api.anonymous("GET", "/api/credentials", Map.of()).status()).isEqualTo(401);
  }

  @Test
  void aSessionTakesACredentialThatCanBeUsed() throws Exception {
    assertThat(session("c1").status()).isEqualTo(201);
    assertThat(api.sessions.asked)
        .singleElement()
        .isInstanceOfSatisfying(
            FakeSessions.Created.class,
            made -> assertThat(made.request().settings().credentialId()).contains("c1"));
  }

  @Test
  void aSessionIsNotMadeWithACredentialThatCannotBeUsed() throws Exception {
    assertThat(session("c2").body()).isEqualTo(INVALID);
    api.credentials.found = new Found.Unusable("damaged");
    assertThat(session("c1").body()).isEqualTo(INVALID);
    for (var notJson : List.of("AKIA", "[1]", "\"x\"")) {
      api.credentials.found = bedrock(notJson);
      assertThat(session("c1").body())
          .isEqualTo(
              "{\"error\":\"Bedrock credential must be a JSON object with accessKeyId,"
                  + " secretAccessKey, and region\",\"statusCode\":400}");
    }
    for (var lacking :
        List.of(
            "{}",
            "{\"accessKeyId\":\"a\",\"secretAccessKey\":\"s\"}",
            "{\"accessKeyId\":\"a\",\"secretAccessKey\":\"\",\"region\":\"r\"}")) {
      api.credentials.found = bedrock(lacking);
      var refused = session("c1");
      assertThat(refused.status()).isEqualTo(400);
      assertThat(refused.body())
          .isEqualTo(
              "{\"error\":\"Bedrock credential requires accessKeyId, secretAccessKey, and region\","
                  + "\"statusCode\":400}");
    }
    assertThat(api.sessions.asked).isEmpty();
  }

  private RawHttp.Reply session(String credential) throws Exception {
    return api.post("/api/sessions", "{\"agent\":\"a\",\"credentialId\":\"" + credential + "\"}");
  }

  private static Found bedrock(String secret) {
    return new Found.Usable(Credentials.Type.BEDROCK, new Secret(secret));
  }
}
