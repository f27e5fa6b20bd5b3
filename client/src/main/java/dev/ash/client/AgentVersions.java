package dev.ash.client;

import dev.ash.client.http.Call;
import dev.ash.client.http.Connection;
import dev.ash.client.http.Paths;
import dev.ash.client.model.AgentVersion;
import dev.ash.client.model.NewVersion;
import dev.ash.client.model.VersionChange;
import java.util.List;

/** Versions of an agent, each by its number or id: {@code /api/agents/:name/versions}. */
public final class AgentVersions {
  private final Connection connection;

  AgentVersions(Connection connection) {
    this.connection = connection;
  }

  /** The newest first. */
  public List<AgentVersion> list(String agent) {
    var answer = connection.json(Call.get(path(agent)));
    return answer.path("versions").valueStream().map(AgentVersion::of).toList();
  }

  public AgentVersion create(String agent, NewVersion version) {
    return version(Call.post(path(agent), version.json()));
  }

  public AgentVersion get(String agent, String version) {
    return version(Call.get(path(agent, version)));
  }

  public AgentVersion update(String agent, String version, VersionChange change) {
    return version(Call.patch(path(agent, version), change.json()));
  }

  public void delete(String agent, String version) {
    connection.json(Call.delete(path(agent, version)));
  }

  /** Lets it instruct new sessions; gives its number. */
  public int activate(String agent, String version) {
    var answer = connection.json(Call.post(path(agent, version) + "/activate"));
    return answer.path("versionNumber").asInt();
  }

  private AgentVersion version(Call call) {
    return AgentVersion.of(connection.json(call).path("version"));
  }

  private static String path(String agent) {
    return "/api/agents/" + Paths.segment(agent) + "/versions";
  }

  private static String path(String agent, String version) {
    return path(agent) + "/" + Paths.segment(version);
  }
}
