package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A stored secret reaches the sandbox only where there is no other way. */
final class CredentialsIT {
  private static final String CANARY = "sk-canary-77aa";
  private static final String FIRST = "canary-61ab-first-master";
  private static final String SECOND = "canary-61ac-second-master";

  @Test
  void aSecretGoesWhereItsTypeSaysAndSurvivesANewMasterKey() throws IOException {
    try (var node = StartedNode.start(Map.of("ASH_CREDENTIAL_KEY", FIRST))) {
      var client = node.client();
      AgentFolders.plain(client, "a");
      var anthropic = store(client, "anthropic", CANARY);
      var openai = store(client, "openai", CANARY);
      var custom = store(client, "custom", CANARY);
      var aws = StrictClient.object().put("accessKeyId", "AK").put("secretAccessKey", "SK");
      var bedrock = store(client, "bedrock", aws.put("region", "eu-1").toString());

      assertThat(environment(client, session(client, anthropic, Map.of()))).doesNotContain(CANARY);
      var withOpenai = session(client, openai, Map.of());
      assertThat(environment(client, withOpenai)).contains("OPENAI_API_KEY=" + CANARY);
      assertThat(environment(client, session(client, custom, Map.of())))
          .contains("ASH_CUSTOM_API_KEY=" + CANARY)
          .doesNotContain("OPENAI_API_KEY");
      assertThat(environment(client, session(client, bedrock, Map.of("AWS_REGION", "us-9"))))
          .contains("CLAUDE_CODE_USE_BEDROCK=1", "AWS_ACCESS_KEY_ID=AK")
          .contains("AWS_SECRET_ACCESS_KEY=SK", "AWS_REGION=us-9")
          .doesNotContain("AWS_SESSION_TOKEN");

      assertThat(node.terminate()).isZero();
      node.restart(Map.of("ASH_CREDENTIAL_KEY", SECOND + ", " + FIRST));
      node.client().post("/api/sessions/" + withOpenai + "/resume").expect(200);
      assertThat(environment(node.client(), withOpenai)).contains("OPENAI_API_KEY=" + CANARY);

      // All is sealed with the second key now, so the first can go; a fork has the credential too.
      assertThat(node.terminate()).isZero();
      node.restart(Map.of("ASH_CREDENTIAL_KEY", SECOND));
      var again = node.client();
      var fork = again.post("/api/sessions/" + withOpenai + "/fork").expect(201).json();
      var child = fork.at("/session/id").asText();
      again.post("/api/sessions/" + child + "/resume").expect(200);
      assertThat(environment(again, child)).contains("OPENAI_API_KEY=" + CANARY);

      again.post("/api/sessions/" + withOpenai + "/resume").expect(200);
      again.post("/api/sessions/" + withOpenai + "/stop").expect(200);
      again.delete("/api/credentials/" + openai).expect(204);
      again.post("/api/sessions/" + withOpenai + "/resume").expect(200);
      assertThat(again.say(withOpenai, "hello"))
          .anyMatch(
              frame ->
                  frame.event().equals("error")
                      && frame
                          .data()
                          .contains("the session's credential " + openai + " cannot be used"));
      assertThat(node.output()).doesNotContain(CANARY);
    }
  }

  private static String store(StrictClient client, String type, String key) {
    var request = StrictClient.object().put("type", type).put("key", key);
    return client
        .post("/api/credentials", request.toString())
        .expect(201)
        .json()
        .at("/credential/id")
        .asText();
  }

  private static String session(StrictClient client, String credential, Map<String, String> env) {
    ObjectNode request = StrictClient.object().put("agent", "a").put("credentialId", credential);
    var extra = request.putObject("extraEnv");
    env.forEach(extra::put);
    return client.createSession(request);
  }

  private static String environment(StrictClient client, String session) {
    return client.exec(session, "env; cat /proc/*/environ | tr '\\0' '\\n'").get("stdout").asText();
  }
}
