package dev.ash.client;

import dev.ash.client.http.Call;
import dev.ash.client.http.Connection;
import dev.ash.client.http.OnlyIf;
import dev.ash.client.http.Paths;
import dev.ash.client.model.AgentVersion;
import dev.ash.client.model.NewVersion;
import dev.ash.client.model.VersionChange;
import java.util.List;
import java.util.Optional;

/** Versions of an agent, each by its number or id: {@code /api/agents/:name/versions}. */
public final class AgentVersions {
  private final Connection connection;
  private final Optional<OnlyIf> onlyIf;

  AgentVersions(Connection connection) {
    this(connection, Optional.empty());
  }

  private AgentVersions(Connection connection, Optional<OnlyIf> onlyIf) {
    this.connection = connection;
    this.onlyIf = onlyIf;
  }

  /**
   * The same, that updates, activates and deletes a version only while it is in the state that this
   * {@link AgentVersion#etag} names; else {@link AshException.Stale}.
   */
  public AgentVersions ifMatch(String etag) {
    return new AgentVersions(connection, Optional.of(new OnlyIf.Unchanged(etag)));
  }

  /** The newest first. */
  public List<AgentVersion> list(String agent) {
    var answer = connection.json(Call.get(path(agent)));
    return answer
        .path("versions")
        .valueStream()
        .map(version -> AgentVersion.of(version, Optional.empty()))
        .toList();
  }

  public AgentVersion create(String agent, NewVersion version) {
    return version(Call.post(path(agent), version.json()));
  }

  public AgentVersion get(String agent, String version) {
    return version(Call.get(path(agent, version)));
  }

  public AgentVersion update(String agent, String version, VersionChange change) {
    return version(Call.patch(path(agent, version), change.json()).when(onlyIf));
  }

  public void delete(String agent, String version) {
    connection.json(Call.delete(path(agent, version)).when(onlyIf));
  }

  /** Lets it instruct new sessions; gives its number. */
  public int activate(String agent, String version) {
    var call = Call.post(path(agent, version) + "/activate").when(onlyIf);
    return connection.json(call).path("versionNumber").asInt();
  }

  private AgentVersion version(Call call) {
    var answer = connection.answer(call);
    return AgentVersion.of(answer.json().path("version"), answer.etag());
  }

  private static String path(String agent) {
    return "/api/agents/" + Paths.segment(agent) + "/versions";
  }

  private static String path(String agent, String version) {
    return path(agent) + "/" + Paths.segment(version);
  }
}
