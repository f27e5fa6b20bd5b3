package dev.ash.cli;

import dev.ash.client.http.Content;
import dev.ash.client.model.FileUpload;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A folder that describes an agent, as it is deployed. */
record AgentFolder(String name, List<FileUpload> files, Map<String, String> env) {
  private static final Set<String> SKIPPED_NAMES =
      Set.of(
          "node_modules",
          ".git",
          "__pycache__",
          ".cache",
          ".npm",
          ".pnpm-store",
          ".yarn",
          ".venv",
          "venv",
          ".tmp",
          "tmp",
          ".DS_Store");
  private static final List<String> SKIPPED_ENDINGS =
      List.of(".sock", ".lock", ".pid", ".env", ".env.local");

  /** More than any agent needs: a folder that was not meant is noticed before it is sent. */
  private static final long SIZE_LIMIT = 100L << 20;

  AgentFolder {
    files = List.copyOf(files);
    env = Map.copyOf(env);
  }

  static AgentFolder read(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new CliException("path: " + folder + " (expected: the folder of an agent)");
    }
    if (!Files.isRegularFile(folder.resolve("CLAUDE.md"))) {
      throw new CliException(
          "Agent directory must contain CLAUDE.md: " + folder,
          "CLAUDE.md holds the agent's instructions; see examples/hello-agent.");
    }
    try {
      var root = folder.toRealPath();
      var env = new LinkedHashMap<>(Dotenv.read(root.resolve(".env")));
      env.putAll(Dotenv.read(root.resolve(".env.local")));
      return new AgentFolder(
          normalized(String.valueOf(root.getFileName())), new Collector(root).collect(), env);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The nearest name the server accepts. */
  static String normalized(String name) {
    var clean = name.replaceAll("[^A-Za-z0-9_-]+", "-").replaceAll("^-+|-+$", "");
    if (clean.isEmpty()) {
      throw new CliException("name: " + name + " (expected: letters, digits, _ and -)");
    }
    return clean.substring(0, Math.min(clean.length(), 255));
  }

  /** Walks the folder. A link is followed to a file inside it, never out of it. */
  private static final class Collector extends SimpleFileVisitor<Path> {
    private final Path root;
    private final List<FileUpload> files = new ArrayList<>();
    private long size;

    Collector(Path root) {
      this.root = root;
    }

    List<FileUpload> collect() throws IOException {
      Files.walkFileTree(root, this);
      files.sort(Comparator.comparing(FileUpload::path));
      return files;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
      return !folder.equals(root) && SKIPPED_NAMES.contains(String.valueOf(folder.getFileName()))
          ? FileVisitResult.SKIP_SUBTREE
          : FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      var name = String.valueOf(file.getFileName());
      if (SKIPPED_NAMES.contains(name)
          || SKIPPED_ENDINGS.stream().anyMatch(name::endsWith)
          || !Files.isRegularFile(file)
          || !file.toRealPath().startsWith(root)) {
        return FileVisitResult.CONTINUE;
      }
      size += Files.size(file);
      if (size > SIZE_LIMIT) {
        throw new CliException(
            "path: " + root + " (expected: at most " + (SIZE_LIMIT >> 20) + " MiB of files)",
            "Keep only what the agent needs in its folder.");
      }
      files.add(
          new FileUpload(root.relativize(file).toString().replace('\\', '/'), Content.of(file)));
      return FileVisitResult.CONTINUE;
    }
  }
}
