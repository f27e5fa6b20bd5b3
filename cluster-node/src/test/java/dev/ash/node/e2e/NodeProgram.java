package dev.ash.node.e2e;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What a node of the tests is started from: the program as it was built, with its AOT cache, if
 * {@code ./ash test} says where it is, or else this test run's classes. The former starts with half
 * of the processor's time; the latter needs no build before.
 *
 * @param options for the JVM
 */
public record NodeProgram(List<String> options, String classPath) {
  private static final String HOME = "test.program";
  private static final String NAME = "ash-cluster-node";

  public static final NodeProgram FOUND = find();

  public NodeProgram {
    options = List.copyOf(options);
  }

  private static NodeProgram find() {
    return Optional.ofNullable(System.getProperty(HOME))
        .map(Path::of)
        .map(NodeProgram::built)
        .orElseGet(() -> new NodeProgram(List.of(), ofTests()));
  }

  /** The launcher's class path, in its order: the cache is good for no other. */
  private static NodeProgram built(Path home) {
    var jars = new ArrayList<String>();
    jars.add(only(home, NAME + "-*.jar"));
    jars.addAll(all(home.resolve("lib"), "*.jar"));
    var cache = home.resolve("ash-node.aot");
    var options =
        Files.exists(cache)
            ? List.of(
                "-XX:+UseCompactObjectHeaders",
                "-XX:AOTCache=" + cache,
                "-Xlog:aot=off",
                "-Xlog:cds=off")
            : List.<String>of();
    return new NodeProgram(options, String.join(File.pathSeparator, jars));
  }

  private static String only(Path folder, String names) {
    var found = all(folder, names);
    if (found.size() != 1) {
      throw new IllegalStateException(
          "%s=%s: has %s as %s (expected: one; run ./ash build)"
              .formatted(HOME, folder, found, names));
    }
    return found.first();
  }

  private static SortedSet<String> all(Path folder, String names) {
    var found = new TreeSet<String>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, names)) {
      files.forEach(file -> found.add(file.toString()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  /**
   * The tests' own class path without the tests and without the MCP server, which tests start as a
   * program of its own: their log settings are not the node's.
   */
  private static String ofTests() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .filter(entry -> !entry.endsWith("test-classes"))
        .filter(entry -> !entry.endsWith("test-classes/"))
        .filter(entry -> !entry.contains(Path.of("mcp", "target").toString()))
        .filter(entry -> !entry.contains("ash-mcp"))
        .collect(Collectors.joining(File.pathSeparator));
  }
}
