package dev.ash.client;

import dev.ash.client.http.Call;
import dev.ash.client.http.Connection;
import dev.ash.client.http.Paths;
import dev.ash.client.model.ApiKey;
import dev.ash.client.model.NewApiKey;
import dev.ash.protocol.json.Json;
import java.util.List;

/** Keys of the caller's tenant: {@code /api/api-keys}. */
public final class ApiKeys {
  private static final String PATH = "/api/api-keys";

  private final Connection connection;

  ApiKeys(Connection connection) {
    this.connection = connection;
  }

  /** Makes a key; the answer is the only place where it can be read. */
  public NewApiKey create(String label) {
    var body = Json.object().put("label", label);
    return NewApiKey.of(connection.json(Call.post(PATH, body)));
  }

  /** The newest first. */
  public List<ApiKey> list() {
    var answer = connection.json(Call.get(PATH));
    return answer.path("keys").valueStream().map(ApiKey::of).toList();
  }

  /** Takes a key away at once. */
  public void delete(String id) {
    connection.json(Call.delete(PATH + "/" + Paths.segment(id)));
  }
}
