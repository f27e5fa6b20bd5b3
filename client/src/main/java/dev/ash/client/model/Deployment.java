package dev.ash.client.model;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An agent as it is deployed.
 *
 * @param name letters, digits, {@code _} and {@code -}
 * @param path a folder of the server that is used in place, instead of files
 * @param systemPrompt the instructions, when the files hold no CLAUDE.md
 * @param env its variables; those of the last deploy stay when absent
 * @param idempotencyKey makes the server do it once, however often it is sent; one is made up when
 *     there is none
 */
public record Deployment(
    String name,
    Optional<String> path,
    Optional<String> systemPrompt,
    List<FileUpload> files,
    Optional<Map<String, String>> env,
    Optional<String> idempotencyKey) {
  public Deployment {
    files = List.copyOf(files);
    env = env.map(Map::copyOf);
  }

  /** Files, CLAUDE.md among them. */
  public static Deployment ofFiles(String name, List<FileUpload> files) {
    return new Deployment(
        name, Optional.empty(), Optional.empty(), files, Optional.empty(), Optional.empty());
  }

  /** A folder of the server. */
  public static Deployment ofServerPath(String name, String path) {
    return new Deployment(
        name, Optional.of(path), Optional.empty(), List.of(), Optional.empty(), Optional.empty());
  }

  /** Nothing but instructions. */
  public static Deployment ofPrompt(String name, String systemPrompt) {
    return new Deployment(
        name,
        Optional.empty(),
        Optional.of(systemPrompt),
        List.of(),
        Optional.empty(),
        Optional.empty());
  }

  public Deployment env(Map<String, String> variables) {
    return new Deployment(name, path, systemPrompt, files, Optional.of(variables), idempotencyKey);
  }

  public Deployment once(String key) {
    return new Deployment(name, path, systemPrompt, files, env, Optional.of(key));
  }
}
