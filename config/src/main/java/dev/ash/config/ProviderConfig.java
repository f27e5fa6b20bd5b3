package dev.ash.config;

import com.typesafe.config.Config;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Whose interface a model server has. */
public sealed interface ProviderConfig {
  /** As the operator writes it. */
  String kind();

  /** Where it is, if nobody says otherwise. */
  URI usualUrl();

  /** Anthropic's own, or a gateway that speaks like it. */
  record Anthropic() implements ProviderConfig {
    @Override
    public String kind() {
      return "anthropic";
    }

    @Override
    public URI usualUrl() {
      return URI.create("https://api.anthropic.com");
    }
  }

  /**
   * Amazon Bedrock.
   *
   * @param names the first that matches counts
   * @param betas patterns with {@code *} of the betas that Bedrock is told of; empty lets every one
   *     pass
   */
  record Bedrock(String region, List<Name> names, List<String> betas) implements ProviderConfig {
    public Bedrock {
      AwsConfig.requireRegion("ASH_MODEL_REGION", region);
      names = List.copyOf(names);
      betas = List.copyOf(betas);
    }

    @Override
    public String kind() {
      return "bedrock";
    }

    @Override
    public URI usualUrl() {
      return URI.create("https://bedrock-runtime." + region + ".amazonaws.com");
    }
  }

  /**
   * Google's Vertex AI.
   *
   * @param credentialsFile of a service account's key; without one Google's credential is found as
   *     its own programs find it
   * @param names the first that matches counts
   * @param betas patterns with {@code *} of the betas that Vertex is told of; empty lets every one
   *     pass
   */
  record Vertex(
      String project,
      String region,
      Optional<Path> credentialsFile,
      List<Name> names,
      List<String> betas)
      implements ProviderConfig {
    public Vertex {
      AwsConfig.requireRegion("ASH_MODEL_REGION", region);
      Require.that(
          project.matches("([a-z0-9.-]{1,100}:)?[a-z0-9-]{1,64}"),
          "ASH_MODEL_PROJECT",
          project,
          "the id of a project of Google Cloud");
      names = List.copyOf(names);
      betas = List.copyOf(betas);
      for (var name : names) {
        // It becomes a part of a path.
        Require.that(
            name.id().matches("[A-Za-z0-9._@-]{1,140}"),
            "ASH_MODEL_MAP",
            name.pattern() + "=" + name.id(),
            "claude-sonnet-4-5*=claude-sonnet-4-5@20250929, comma separated");
      }
    }

    @Override
    public String kind() {
      return "vertex";
    }

    @Override
    public URI usualUrl() {
      return URI.create(
          switch (region) {
            case "global" -> "https://aiplatform.googleapis.com";
            case "us", "eu" -> "https://aiplatform." + region + ".rep.googleapis.com";
            default -> "https://" + region + "-aiplatform.googleapis.com";
          });
    }
  }

  /**
   * What a model is called elsewhere.
   *
   * @param pattern of what agents call it, with {@code *}
   */
  record Name(String pattern, String id) {}

  static ProviderConfig from(Config c, AwsConfig aws) {
    var provider = text(c, "provider").orElse("anthropic");
    return switch (provider) {
      case "anthropic" -> new Anthropic();
      case "bedrock" ->
          new Bedrock(
              text(c, "region")
                  .or(aws::region)
                  .orElseThrow(
                      () ->
                          new InvalidConfigException(
                              "ASH_MODEL_REGION: not set (expected: a region such as"
                                  + " eu-central-1, here or as AWS_REGION)")),
              names(text(c, "models-map").orElse("")),
              text(c, "betas").map(Lists::commaSeparated).orElse(List.of()));
      case "vertex" ->
          new Vertex(
              text(c, "project")
                  .orElseThrow(
                      () ->
                          new InvalidConfigException(
                              "ASH_MODEL_PROJECT: not set (expected: the id of a project of Google"
                                  + " Cloud, here or as GOOGLE_CLOUD_PROJECT)")),
              text(c, "region")
                  .orElseThrow(
                      () ->
                          new InvalidConfigException(
                              "ASH_MODEL_REGION: not set (expected: a region such as europe-west1,"
                                  + " or global)")),
              text(c, "google-credentials-file").map(Path::of),
              names(text(c, "models-map").orElse("")),
              text(c, "betas").map(Lists::commaSeparated).orElse(List.of()));
      default ->
          throw new InvalidConfigException(
              "ASH_MODEL_PROVIDER: " + provider + " (expected: anthropic, bedrock or vertex)");
    };
  }

  private static List<Name> names(String text) {
    var names = new ArrayList<Name>();
    for (var pair : Lists.commaSeparated(text)) {
      var equals = pair.indexOf('=');
      var pattern = equals < 0 ? "" : pair.substring(0, equals).strip();
      var id = pair.substring(equals + 1).strip();
      Require.that(
          !pattern.isEmpty() && id.matches("[A-Za-z0-9:/._@-]{1,2048}"),
          "ASH_MODEL_MAP",
          pair,
          "claude-sonnet-4-5=us.anthropic.claude-sonnet-4-5-20250929-v1:0, comma separated");
      names.add(new Name(pattern, id));
    }
    return names;
  }

  private static Optional<String> text(Config c, String key) {
    return c.hasPath(key)
        ? Optional.of(c.getString(key)).filter(s -> !s.isEmpty())
        : Optional.empty();
  }
}
