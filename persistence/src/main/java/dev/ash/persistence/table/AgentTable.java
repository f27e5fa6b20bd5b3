package dev.ash.persistence.table;

import dev.ash.persistence.Database;
import dev.ash.persistence.Database.Dialect;
import dev.ash.persistence.table.IdempotencyTable.Remembered;
import dev.ash.persistence.table.IdempotencyTable.RequestKey;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.TenantId;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** The agents of all tenants. */
public final class AgentTable {
  private static final String COLUMNS =
      "tenant, name, id, version, path, env, config, folder, created_at, updated_at, revision";

  private static final String DEPLOY =
      """
      INSERT INTO agents (%s)
      VALUES (?, ?, ?, 1, ?, COALESCE(?, '{}'), '{}', ?, ?, ?, 1)
      ON CONFLICT (tenant, name) DO UPDATE SET
        version = agents.version + 1,
        path = excluded.path,
        env = COALESCE(?, agents.env),
        folder = excluded.folder,
        updated_at = excluded.updated_at,
        revision = agents.revision + 1
      RETURNING %s"""
          .formatted(COLUMNS, COLUMNS);

  private static final String ONE = " FROM agents WHERE tenant = ? AND name = ?";

  private static final String UPDATE =
      """
      UPDATE agents SET env = ?, config = ?, folder = ?, updated_at = ?, revision = revision + 1
      WHERE tenant = ? AND name = ?""";

  private final Database database;

  public AgentTable(Database database) {
    this.database = database;
  }

  /**
   * A new agent at version 1, or the next version of an old one; its id and config stay.
   *
   * @throws ChangedMeanwhileException when the folder was made from one that is not there any more
   * @throws StaleException when the deployment is not wanted over what is there
   */
  public AgentRow deploy(Deployment deployment) {
    return database.write(connection -> deploy(connection, deployment));
  }

  /**
   * Deploys what no request with this key has deployed before, in one transaction with the note
   * that it was done.
   *
   * @param request by which another request with the same key is recognised
   * @throws ChangedMeanwhileException when the folder was made from one that is not there any more
   * @throws StaleException when the deployment is not wanted over what is there
   */
  public Deployed deployOnce(Deployment deployment, String key, String request) {
    var name = new RequestKey(deployment.tenant(), "deploy", key);
    // The id is drawn for each attempt, so it tells the first one from its repetitions.
    var mine = new Remembered(request, deployment.newId(), deployment.at());
    return database.write(
        connection -> {
          var known = IdempotencyTable.putIfAbsent(connection, name, mine);
          if (known.equals(mine)) {
            var row = deploy(connection, deployment);
            IdempotencyTable.result(connection, name, DeployedOnce.of(row).text());
            return new Deployed.Now(row);
          }
          return before(connection, deployment.tenant(), deployment.name(), known, request);
        });
  }

  /** What an earlier request with this key has led to; empty when there was none. */
  public Optional<Deployed> deployedBefore(
      TenantId tenant, AgentName agent, String key, String request) {
    return database.read(
        connection -> {
          var known = IdempotencyTable.get(connection, new RequestKey(tenant, "deploy", key));
          return known.isPresent()
              ? Optional.of(before(connection, tenant, agent, known.get(), request))
              : Optional.empty();
        });
  }

  private static Deployed before(
      Connection connection, TenantId tenant, AgentName agent, Remembered known, String request)
      throws SQLException {
    return known.request().equals(request)
        ? find(connection, tenant, agent, "")
            .flatMap(row -> DeployedOnce.parse(known.result()).in(row))
            .<Deployed>map(Deployed.Before::new)
            .orElseGet(Deployed.Gone::new)
        : new Deployed.OtherRequest();
  }

  private AgentRow deploy(Connection connection, Deployment deployment) throws SQLException {
    var found = find(connection, deployment.tenant(), deployment.name(), lock());
    StaleException.require(deployment.guard(), found.map(AgentRow::tag));
    var folder = found.filter(row -> row.path().equals(deployment.path())).map(AgentRow::folder);
    if (deployment.base().filter(base -> !base.folder().equals(folder)).isPresent()) {
      throw new ChangedMeanwhileException();
    }
    var deployed = upsert(connection, deployment);
    if (found.isEmpty() && deployed.version() != 1) {
      // What was not there could not be locked, and was made by another deployment.
      StaleException.require(
          deployment.guard(), deployed.withRevision(deployed.revision() - 1).tag());
      if (deployment.base().isPresent()) {
        throw new ChangedMeanwhileException();
      }
    }
    return deployed;
  }

  private String lock() {
    return database.dialect() == Dialect.POSTGRESQL ? " FOR UPDATE" : "";
  }

  private static AgentRow upsert(Connection connection, Deployment deployment) throws SQLException {
    var env = deployment.envJson().orElse(null);
    var at = SqlTime.text(deployment.at());
    try (var deploy = connection.prepareStatement(DEPLOY)) {
      deploy.setString(1, deployment.tenant().value());
      deploy.setString(2, deployment.name().value());
      deploy.setString(3, deployment.newId());
      deploy.setString(4, deployment.path());
      deploy.setString(5, env);
      deploy.setString(6, deployment.folder().hex());
      deploy.setString(7, at);
      deploy.setString(8, at);
      deploy.setString(9, env);
      try (var rows = deploy.executeQuery()) {
        rows.next();
        return row(rows);
      }
    }
  }

  /** A tenant's agents in the order of their names' characters. */
  public List<AgentRow> list(TenantId tenant) {
    return database.read(
        connection -> {
          var found = new ArrayList<AgentRow>();
          try (var select =
              connection.prepareStatement("SELECT " + COLUMNS + " FROM agents WHERE tenant = ?")) {
            select.setString(1, tenant.value());
            try (var rows = select.executeQuery()) {
              while (rows.next()) {
                found.add(row(rows));
              }
            }
          }
          // Here, because the databases sort text each by rules of its own.
          found.sort(Comparator.comparing(row -> row.name().value()));
          return found;
        });
  }

  public Optional<AgentRow> find(TenantId tenant, AgentName name) {
    return database.read(connection -> find(connection, tenant, name, ""));
  }

  /** Changes an agent in whatever state it is. */
  public Optional<AgentRow> update(
      TenantId tenant, AgentName name, Instant at, UnaryOperator<AgentRow> change) {
    return update(tenant, name, at, new IfMatch.Any(), change);
  }

  /**
   * Changes environment, config and folder of an agent in one step that no other change can come
   * between; all else of the row stays. The change may be asked for more than once.
   *
   * @return the new row; empty when there is no such agent
   * @throws StaleException when the guard does not allow its state
   */
  public Optional<AgentRow> update(
      TenantId tenant, AgentName name, Instant at, IfMatch guard, UnaryOperator<AgentRow> change) {
    return database.write(
        connection -> {
          var old = find(connection, tenant, name, lock());
          if (old.isEmpty()) {
            return old;
          }
          StaleException.require(guard, old.get().tag());
          var changed = change.apply(old.get());
          try (var update = connection.prepareStatement(UPDATE)) {
            update.setString(1, changed.envJson());
            update.setString(2, changed.configJson());
            update.setString(3, changed.folder().hex());
            update.setString(4, SqlTime.text(at));
            update.setString(5, tenant.value());
            update.setString(6, name.value());
            update.executeUpdate();
          }
          return find(connection, tenant, name, "");
        });
  }

  /** Takes the agent away with its versions and evals. False when there is no such agent. */
  public boolean delete(TenantId tenant, AgentName name) {
    return delete(tenant, name, new IfMatch.Any()).isPresent();
  }

  /**
   * The same in a state that the guard allows.
   *
   * @return what is gone; empty when there was no such agent
   * @throws StaleException when the guard does not allow its state
   */
  public Optional<AgentRow> delete(TenantId tenant, AgentName name, IfMatch guard) {
    return database.write(
        connection -> {
          var old = find(connection, tenant, name, lock());
          if (old.isEmpty()) {
            return old;
          }
          StaleException.require(guard, old.get().tag());
          VersionTable.deleteAll(connection, tenant, name);
          EvalCaseTable.deleteAll(connection, tenant, name);
          try (var delete = connection.prepareStatement("DELETE" + ONE)) {
            delete.setString(1, tenant.value());
            delete.setString(2, name.value());
            delete.executeUpdate();
          }
          return old;
        });
  }

  private static Optional<AgentRow> find(
      Connection connection, TenantId tenant, AgentName name, String lock) throws SQLException {
    try (var select = connection.prepareStatement("SELECT " + COLUMNS + ONE + lock)) {
      select.setString(1, tenant.value());
      select.setString(2, name.value());
      try (var rows = select.executeQuery()) {
        return rows.next() ? Optional.of(row(rows)) : Optional.empty();
      }
    }
  }

  private static AgentRow row(ResultSet rows) throws SQLException {
    return new AgentRow(
        new TenantId(rows.getString(1)),
        new AgentName(rows.getString(2)),
        rows.getString(3),
        rows.getInt(4),
        rows.getString(5),
        rows.getString(6),
        rows.getString(7),
        new Digest(rows.getString(8)),
        SqlTime.instant(rows.getString(9)),
        SqlTime.instant(rows.getString(10)),
        rows.getLong(11));
  }

  /** What came of a deployment with a key. */
  public sealed interface Deployed {
    record Now(AgentRow row) implements Deployed {}

    /** An earlier request with the key did it; with the version that it made. */
    record Before(AgentRow row) implements Deployed {}

    /** The key was used for something else. */
    record OtherRequest() implements Deployed {}

    /** An earlier request did it, and the agent was deleted since. */
    record Gone() implements Deployed {}
  }

  /**
   * What is deployed.
   *
   * @param newId the agent's id if the name is new
   * @param envJson empty keeps what an earlier version had
   * @param base what the folder was made from; empty when it does not matter what was there
   * @param guard over which state of the agent it is wanted
   */
  public record Deployment(
      TenantId tenant,
      AgentName name,
      String newId,
      String path,
      Optional<String> envJson,
      Digest folder,
      Instant at,
      Optional<Base> base,
      IfMatch guard) {

    /** Replaces whatever there is. */
    public Deployment(
        TenantId tenant,
        AgentName name,
        String newId,
        String path,
        Optional<String> envJson,
        Digest folder,
        Instant at) {
      this(tenant, name, newId, path, envJson, folder, at, Optional.empty(), new IfMatch.Any());
    }

    /** The same for a folder that was made from the one of the same path, or from none. */
    public Deployment madeFrom(Optional<Digest> earlier) {
      var made = Optional.of(new Base(earlier));
      return new Deployment(tenant, name, newId, path, envJson, folder, at, made, guard);
    }

    /** The same only over a state that the guard allows. */
    public Deployment wanted(IfMatch only) {
      return new Deployment(tenant, name, newId, path, envJson, folder, at, base, only);
    }
  }

  /**
   * What a folder was made from.
   *
   * @param folder the agent's one of the same path; empty when there was none
   */
  public record Base(Optional<Digest> folder) {}

  /** Nothing was deployed, as another change came first. */
  public static final class ChangedMeanwhileException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }
}
