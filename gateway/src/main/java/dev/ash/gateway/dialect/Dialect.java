package dev.ash.gateway.dialect;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.ConfigFile;
import dev.ash.gateway.config.Expansion;
import dev.ash.gateway.config.Findings;
import dev.ash.gateway.config.GatewayConfig;
import dev.ash.gateway.config.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** The formats that can be read. */
public enum Dialect {
  ASH,
  TRUEFOUNDRY,
  ZUPLO,
  KONG,
  NGINX,
  AWS,
  APIGEE,
  APIM;

  private static final long MAX_FILE = 4 << 20;

  /** Reads a file, or for Zuplo and Apigee a folder; tells the findings what had no effect. */
  public GatewayConfig read(Path source, Expansion expansion, Findings findings)
      throws ConfigException, IOException {
    var draft = new Draft(expansion, findings);
    switch (this) {
      case ASH -> {
        return new ConfigFile(
                expansion,
                Optional.ofNullable(source.toAbsolutePath().getParent()).orElse(Path.of("/")))
            .read(Trees.yaml(source.toString(), text(source)));
      }
      case TRUEFOUNDRY -> new TrueFoundry(draft).read(Trees.yaml(source.toString(), text(source)));
      case KONG -> new Kong(draft).read(Trees.yaml(source.toString(), text(source)));
      case NGINX -> new Nginx(draft).read(text(source));
      case AWS -> new AwsApiGateway(draft).read(Trees.yaml(source.toString(), text(source)));
      case APIM -> new Apim(draft).read(text(source));
      case APIGEE -> new Apigee(draft).read(source);
      case ZUPLO -> {
        var routes = Files.isDirectory(source) ? source.resolve("routes.oas.json") : source;
        var policies = routes.resolveSibling("policies.json");
        new Zuplo(draft)
            .read(
                Trees.yaml(routes.toString(), text(routes)),
                Files.exists(policies)
                    ? Trees.yaml(policies.toString(), text(policies))
                    : JsonNodeFactory.instance.objectNode());
      }
    }
    return draft.done(name().toLowerCase(Locale.ROOT));
  }

  private static String text(Path file) throws ConfigException, IOException {
    if (Files.size(file) > MAX_FILE) {
      throw new ConfigException(file.toString(), Files.size(file), "at most 4 MiB");
    }
    return Files.readString(file);
  }
}
