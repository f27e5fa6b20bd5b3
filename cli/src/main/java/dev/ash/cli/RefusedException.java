package dev.ash.cli;

/** The server answered with a status that is not a success. */
final class RefusedException extends RuntimeException {
  private final int status;

  RefusedException(String method, String path, int status, String error) {
    super(method + " " + path + " failed (" + status + "): " + error);
    this.status = status;
  }

  int status() {
    return status;
  }

  String text() {
    return String.valueOf(getMessage());
  }
}
