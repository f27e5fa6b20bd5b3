package dev.ash.client;

import dev.ash.client.http.Call;
import dev.ash.client.http.Connection;
import dev.ash.client.http.Paths;
import dev.ash.client.model.Credential;
import dev.ash.protocol.json.Json;
import java.util.List;

/** Stored secrets that sessions work with: {@code /api/credentials}. */
public final class Credentials {
  private static final String PATH = "/api/credentials";

  private final Connection connection;

  Credentials(Connection connection) {
    this.connection = connection;
  }

  /**
   * Stores a secret; it cannot be read back.
   *
   * @param type {@code anthropic}, {@code openai}, {@code bedrock} or {@code custom}
   */
  public Credential add(String type, String label, String secret) {
    var body = Json.object().put("type", type).put("key", secret).put("label", label);
    return Credential.of(connection.json(Call.post(PATH, body)).path("credential"));
  }

  /** Stores what the Bedrock service needs. */
  public Credential addBedrock(
      String label, String accessKeyId, String secretAccessKey, String region) {
    var secret =
        Json.object()
            .put("accessKeyId", accessKeyId)
            .put("secretAccessKey", secretAccessKey)
            .put("region", region);
    return add("bedrock", label, secret.toString());
  }

  /** The newest first. */
  public List<Credential> list() {
    var answer = connection.json(Call.get(PATH));
    return answer.path("credentials").valueStream().map(Credential::of).toList();
  }

  public void delete(String id) {
    connection.json(Call.delete(PATH + "/" + Paths.segment(id)));
  }
}
