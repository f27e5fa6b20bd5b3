package dev.ash.node.clusterfaults;

import dev.ash.node.e2e.SecretSearch;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;

/** A PostgreSQL server that forces every commit and can be stopped and started on the same data. */
public final class TestPostgres implements AutoCloseable {
  private static final String LOOPBACK = "127.0.0.1";

  private final Path folder;
  private final int port;
  private final String listen;
  private EmbeddedPostgres server;

  private TestPostgres(Path folder, int port, String listen) throws IOException {
    this.folder = folder;
    this.port = port;
    this.listen = listen;
    this.server = launch();
    if (!listen.equals(LOOPBACK)) {
      letIn(listen + "/24");
    }
  }

  /** Trusts a network of the test's own; the server is told by a start. */
  private void letIn(String network) throws IOException {
    stop();
    Files.writeString(
        folder.resolve("data/pg_hba.conf"),
        "\nhost all all " + network + " trust\n",
        StandardOpenOption.APPEND);
    startAgain();
  }

  /** With an empty database, for nodes that reach it at this address of the host. */
  public static TestPostgres start(String listen) throws IOException {
    return new TestPostgres(Files.createTempDirectory("ash-pg-"), TestPorts.free(), listen);
  }

  private EmbeddedPostgres launch() throws IOException {
    return EmbeddedPostgres.builder()
        .setDataDirectory(folder.resolve("data"))
        .setCleanDataDirectory(false)
        .setPort(port)
        .setServerConfig("fsync", "on")
        .setServerConfig("synchronous_commit", "on")
        .setServerConfig("max_connections", "200")
        .setServerConfig("listen_addresses", listen.equals(LOOPBACK) ? LOOPBACK : "*")
        .start();
  }

  /** For {@code ASH_DATABASE_URL}. */
  public String url() {
    return "postgres://postgres@" + listen + ":" + port + "/postgres";
  }

  /** For JDBC. */
  String jdbcUrl() {
    return "jdbc:postgresql://" + listen + ":" + port + "/postgres?user=postgres";
  }

  void stop() throws IOException {
    server.close();
  }

  void startAgain() throws IOException {
    server = launch();
  }

  /** Ends the server, looks for what the nodes were given in confidence, and removes its folder. */
  @Override
  public void close() throws IOException {
    server.close();
    var found = SecretSearch.ofAllNodes().inFiles(folder);
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
    SecretSearch.assertNone(found);
  }
}
