package dev.ash.gateway.config;

import dev.ash.config.ProviderConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The part of an upstream that makes it Google's Vertex AI. */
final class VertexReader {
  private VertexReader() {}

  static Optional<ProviderConfig.Vertex> read(Fields upstream, Path folder) throws ConfigException {
    if (!upstream.has("vertex")) {
      return Optional.empty();
    }
    var at = upstream.at("vertex");
    var names = new ArrayList<ProviderConfig.Name>();
    for (var name : at.map("models").entrySet()) {
      // It becomes a part of a path.
      names.add(
          new ProviderConfig.Name(
              name.getKey(),
              matching(
                  at.path("models") + "." + name.getKey(),
                  name.getValue(),
                  "[A-Za-z0-9._@-]{1,140}",
                  "a model's name there, such as claude-sonnet-4-5@20250929")));
    }
    var vertex =
        new ProviderConfig.Vertex(
            matching(
                at.path("project"),
                at.need("project", "the id of a project of Google Cloud"),
                "([a-z0-9.-]{1,100}:)?[a-z0-9-]{1,64}",
                "the id of a project of Google Cloud"),
            matching(
                at.path("location"),
                at.need("location", "a region such as europe-west1, or global"),
                "[a-z0-9-]{1,40}",
                "a region such as europe-west1, or global"),
            readable(at, folder),
            names,
            List.copyOf(at.texts("betas")));
    at.nothingElse();
    return Optional.of(vertex);
  }

  /** It is read later, and again when it changes; that it cannot be is better told now. */
  private static Optional<Path> readable(Fields at, Path folder) throws ConfigException {
    var file = at.text("credentials").map(folder::resolve);
    if (file.isPresent() && !(Files.isRegularFile(file.get()) && Files.isReadable(file.get()))) {
      throw new ConfigException(
          at.path("credentials"), file.get().toString(), "a file that this user can read");
    }
    return file;
  }

  private static String matching(String where, String value, String form, String expected)
      throws ConfigException {
    if (!value.matches(form)) {
      throw new ConfigException(where, value, expected);
    }
    return value;
  }
}
