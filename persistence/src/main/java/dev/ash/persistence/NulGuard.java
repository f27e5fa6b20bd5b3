package dev.ash.persistence;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Refuses texts with a NUL as PostgreSQL does, for a database that would store them: what one
 * database takes and finds again, the other must not fail with.
 */
final class NulGuard {
  private NulGuard() {}

  static Connection around(Connection connection) {
    return proxy(
        Connection.class,
        (method, values) -> {
          var result = invoke(connection, method, values);
          return result instanceof PreparedStatement statement ? around(statement) : result;
        });
  }

  private static PreparedStatement around(PreparedStatement statement) {
    return proxy(
        PreparedStatement.class,
        (method, values) -> {
          if (method.getName().equals("setString") || method.getName().equals("setObject")) {
            require(values);
          }
          return invoke(statement, method, values);
        });
  }

  private static void require(@Nullable Object[] values) throws SQLException {
    if (values[1] instanceof String text && text.indexOf('\0') >= 0) {
      throw new SQLException(
          "parameter %s: NUL at character %d (expected: none)"
              .formatted(values[0], text.indexOf('\0') + 1),
          SqlErrors.UNSTORABLE);
    }
  }

  private static @Nullable Object invoke(Object target, Method method, @Nullable Object[] values)
      throws Throwable {
    try {
      return method.invoke(target, values);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }

  /** Does what a method is to do. */
  @FunctionalInterface
  private interface Call {
    @Nullable Object of(Method method, @Nullable Object[] values) throws Throwable;
  }

  private static <T> T proxy(Class<T> type, Call call) {
    var none = new Object[0];
    return type.cast(
        Proxy.newProxyInstance(
            NulGuard.class.getClassLoader(),
            new Class<?>[] {type},
            (_, method, values) -> call.of(method, values == null ? none : values)));
  }
}
