package dev.ash.client.http;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Encodes what goes into a path. */
public final class Paths {
  private Paths() {}

  /** One segment of a path, or one value of a query. */
  public static String segment(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** A file's path, whose slashes stay. */
  public static String segments(String path) {
    return Arrays.stream(path.split("/", -1)).map(Paths::segment).collect(Collectors.joining("/"));
  }
}
