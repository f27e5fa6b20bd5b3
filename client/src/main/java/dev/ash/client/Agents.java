package dev.ash.client;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.client.http.Body;
import dev.ash.client.http.Call;
import dev.ash.client.http.Connection;
import dev.ash.client.http.Download;
import dev.ash.client.http.OnlyIf;
import dev.ash.client.http.Paths;
import dev.ash.client.model.Agent;
import dev.ash.client.model.AgentChange;
import dev.ash.client.model.Deployment;
import dev.ash.client.model.FileEntry;
import dev.ash.client.model.FileUpload;
import dev.ash.protocol.json.Json;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** What is deployed: {@code /api/agents}. */
public final class Agents {
  private final Connection connection;
  private final Supplier<String> newKey;
  private final Optional<OnlyIf> onlyIf;

  Agents(Connection connection, Supplier<String> newKey) {
    this(connection, newKey, Optional.empty());
  }

  private Agents(Connection connection, Supplier<String> newKey, Optional<OnlyIf> onlyIf) {
    this.connection = connection;
    this.newKey = newKey;
    this.onlyIf = onlyIf;
  }

  /**
   * The same, whose changes (deploys too) are made only while the agent is in the state that this
   * {@link Agent#etag} names; else they fail with {@link AshException.Stale}.
   */
  public Agents ifMatch(String etag) {
    return onlyIf(new OnlyIf.Unchanged(etag));
  }

  /** The same, that deploys only what is not there; else {@link AshException.Stale}. */
  public Agents ifAbsent() {
    return onlyIf(new OnlyIf.Absent());
  }

  /** The same under a condition that is known only when the program runs. */
  public Agents onlyIf(OnlyIf condition) {
    return new Agents(connection, newKey, Optional.of(condition));
  }

  /**
   * Deploys an agent; doing so again under the same name makes its next version. Files are read
   * while they are sent.
   */
  public Agent deploy(Deployment deployment) {
    var key = deployment.idempotencyKey().orElseGet(newKey);
    var call = Call.post("/api/agents").with(body(deployment)).once(key);
    return agent(call.when(onlyIf));
  }

  /** All agents by name. */
  public List<Agent> list() {
    var answer = connection.json(Call.get("/api/agents"));
    return answer
        .path("agents")
        .valueStream()
        .map(agent -> Agent.of(agent, Optional.empty()))
        .toList();
  }

  public Agent get(String name) {
    return agent(Call.get(path(name)));
  }

  public Agent update(String name, AgentChange change) {
    return agent(Call.patch(path(name), change.json()).when(onlyIf));
  }

  /** Deletes an agent and the rows of its sessions. */
  public void delete(String name) {
    connection.json(Call.delete(path(name)).when(onlyIf));
  }

  /** Its configuration, an object of any form. */
  public JsonNode config(String name) {
    return connection.json(Call.get(path(name) + "/config")).path("config");
  }

  /** The fields are merged into the configuration, first level only; gives the whole of it. */
  public JsonNode updateConfig(String name, JsonNode fields) {
    var call = Call.patch(path(name) + "/config", fields).when(onlyIf);
    return connection.json(call).path("config");
  }

  public List<FileEntry> files(String name) {
    var answer = connection.json(Call.get(path(name) + "/files"));
    return answer.path("files").valueStream().map(FileEntry::of).toList();
  }

  /** A file as it is. The caller closes it. */
  public Download file(String name, String file) {
    return connection.download(Call.get(filePath(name, file) + "?format=raw"));
  }

  /** Adds files, or replaces them; gives how many were written. */
  public int write(String name, List<FileUpload> files) {
    var call = Call.post(path(name) + "/files").with(Uploads.object(files));
    return connection.json(call.when(onlyIf)).path("written").asInt();
  }

  public void deleteFile(String name, String file) {
    connection.json(Call.delete(filePath(name, file)).when(onlyIf));
  }

  private Agent agent(Call call) {
    var answer = connection.answer(call);
    return Agent.of(answer.json().path("agent"), answer.etag());
  }

  private static Body body(Deployment deployment) {
    var head = Json.object().put("name", deployment.name());
    deployment.path().ifPresent(path -> head.put("path", path));
    deployment.systemPrompt().ifPresent(prompt -> head.put("systemPrompt", prompt));
    deployment.env().ifPresent(env -> env.forEach(head.putObject("env")::put));
    return deployment.files().isEmpty() ? Body.of(head) : Uploads.object(head, deployment.files());
  }

  private static String filePath(String name, String file) {
    return path(name) + "/files/" + Paths.segments(file);
  }

  private static String path(String name) {
    return "/api/agents/" + Paths.segment(name);
  }
}
