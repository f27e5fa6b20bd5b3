package dev.ash.node.model;

/** Whether a host name means this machine, without asking a name server. */
final class Loopback {
  private Loopback() {}

  static boolean is(String host) {
    return host.equalsIgnoreCase("localhost")
        || host.equals("[::1]")
        || host.matches("127(\\.\\d{1,3}){3}");
  }
}
