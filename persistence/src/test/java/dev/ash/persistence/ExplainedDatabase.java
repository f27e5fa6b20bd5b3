package dev.ash.persistence;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A database that tells, of every query that was run with its values, what its indexes can do for
 * it: a PostgreSQL server is told to go by an index wherever one serves, as with many more rows it
 * would by itself.
 */
public final class ExplainedDatabase implements Database {
  private final Database database;
  private final List<Plan> plans = new ArrayList<>();

  /**
   * How a query is run.
   *
   * @param steps the database's own words, a line each
   */
  public record Plan(String sql, List<String> steps) {
    public Plan {
      steps = List.copyOf(steps);
    }

    @Override
    public String toString() {
      return sql + "\n  " + String.join("\n  ", steps);
    }
  }

  public ExplainedDatabase(Database database) {
    this.database = database;
  }

  /** What was run since the last call. */
  public List<Plan> plans() {
    var taken = List.copyOf(plans);
    plans.clear();
    return taken;
  }

  @Override
  public <T> T write(Work<T> work) {
    return database.write(connection -> work.on(watched(connection)));
  }

  @Override
  public <T> T read(Work<T> work) {
    return database.read(connection -> work.on(watched(connection)));
  }

  @Override
  public Dialect dialect() {
    return database.dialect();
  }

  @Override
  public void close() {
    database.close();
  }

  private Connection watched(Connection connection) {
    return proxy(
        Connection.class,
        (_, method, arguments) -> {
          var result = call(method, connection, arguments);
          return result instanceof PreparedStatement statement && arguments[0] instanceof String sql
              ? watched(connection, statement, sql)
              : result;
        });
  }

  private PreparedStatement watched(Connection connection, PreparedStatement real, String sql) {
    var values = new TreeMap<Integer, Object>();
    return proxy(
        PreparedStatement.class,
        (_, method, arguments) -> {
          if (method.getName().startsWith("set") && arguments.length == 2) {
            values.put((Integer) arguments[0], arguments[1]);
          } else if (method.getName().equals("executeQuery")) {
            plans.add(new Plan(sql, explain(connection, sql, values)));
          }
          return call(method, real, arguments);
        });
  }

  private List<String> explain(Connection connection, String sql, Map<Integer, Object> values)
      throws SQLException {
    var word = dialect() == Dialect.SQLITE ? "EXPLAIN QUERY PLAN " : "EXPLAIN ";
    if (dialect() == Dialect.POSTGRESQL) {
      for (var other : List.of("seqscan", "bitmapscan", "sort")) {
        connection.createStatement().execute("SET LOCAL enable_" + other + " = off");
      }
    }
    try (var explain = connection.prepareStatement(word + sql)) {
      for (var value : values.entrySet()) {
        explain.setObject(value.getKey(), value.getValue());
      }
      var steps = new ArrayList<String>();
      try (var rows = explain.executeQuery()) {
        while (rows.next()) {
          steps.add(step(rows));
        }
      }
      return steps;
    }
  }

  private String step(ResultSet rows) throws SQLException {
    return dialect() == Dialect.SQLITE ? rows.getString("detail") : rows.getString(1);
  }

  private static Object call(Method method, Object on, Object[] arguments) throws Throwable {
    try {
      return method.invoke(on, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
