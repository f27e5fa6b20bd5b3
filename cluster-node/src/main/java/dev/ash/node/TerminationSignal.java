package dev.ash.node;

import java.lang.reflect.Proxy;

/**
 * SIGTERM as a wish that is granted: the node drains in the JVM's shutdown hooks as ever, and the
 * exit code is 0. The JVM's own answer, 143, reads as a failure to whoever runs the node.
 *
 * <p>Found by reflection, because the compiler's warning about {@code sun.misc} cannot be silenced.
 */
final class TerminationSignal {
  private TerminationSignal() {}

  static void exitsWithZero() {
    try {
      var signal = Class.forName("sun.misc.Signal");
      var handler = Class.forName("sun.misc.SignalHandler");
      var exit =
          Proxy.newProxyInstance(
              TerminationSignal.class.getClassLoader(),
              new Class<?>[] {handler},
              (_, method, _) -> {
                if (method.getName().equals("handle")) {
                  System.exit(0);
                }
                throw new UnsupportedOperationException(method.toString());
              });
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance("TERM"), exit);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot listen to SIGTERM", e);
    }
  }
}
