package dev.ash.gateway.dialect;

import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.ConfigFile;
import dev.ash.gateway.config.Expansion;
import dev.ash.gateway.config.Findings;
import dev.ash.gateway.config.GatewayConfig;
import dev.ash.gateway.config.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The formats that can be read. */
public enum Dialect {
  ASH;

  public GatewayConfig read(Path source, Expansion expansion, Findings findings)
      throws ConfigException, IOException {
    return switch (this) {
      case ASH ->
          new ConfigFile(
                  expansion,
                  Optional.ofNullable(source.toAbsolutePath().getParent()).orElse(Path.of("/")))
              .read(Trees.yaml(source.toString(), Files.readString(source)));
    };
  }
}
