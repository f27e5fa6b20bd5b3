package dev.ash.client;

import dev.ash.client.http.Body;
import dev.ash.client.http.Call;
import dev.ash.client.http.Connection;
import dev.ash.client.http.Content;
import dev.ash.client.http.Download;
import dev.ash.client.http.Paths;

/** A session's whole workspace as one bundle: {@code /api/sessions/:id/workspace}. */
public final class Workspaces {
  private final Connection connection;

  Workspaces(Connection connection) {
    this.connection = connection;
  }

  /** A gzipped tar of all files, up to 100 MiB. The caller closes it. */
  public Download download(String session) {
    return connection.download(Call.get(path(session)));
  }

  /**
   * Lays the files of a gzipped tar over those of the workspace; gives the server's words about
   * where they went. Nothing is deleted.
   */
  public String upload(String session, Content bundle) {
    var body = new Body().text("{\"bundle\":").base64(bundle).text("}");
    return connection.json(Call.post(path(session)).with(body)).path("message").asText();
  }

  private static String path(String session) {
    return "/api/sessions/" + Paths.segment(session) + "/workspace";
  }
}
