package dev.ash.deploy;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The files of the repository, and the tools that {@code ./ash test --all} fetches. */
final class Repository {
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  private Repository() {}

  static String text(String path) throws IOException {
    return Files.readString(ROOT.resolve(path));
  }

  /** A folder of the tools; without it the test is skipped. */
  static Path tool(String name) {
    var tools = System.getenv("ASH_TOOLS");
    var folder =
        (tools == null ? Path.of(System.getenv("HOME"), ".cache", "ash") : Path.of(tools))
            .resolve(name);
    assumeTrue(Files.isDirectory(folder), name + " is not there: ./ash test --all fetches it");
    return folder;
  }

  /** Every document of a YAML text that is not empty. */
  static List<JsonNode> documents(String yaml) {
    var documents = new ArrayList<JsonNode>();
    for (var document :
        new Load(LoadSettings.builder().setAllowDuplicateKeys(false).build())
            .loadAllFromString(yaml)) {
      if (document != null) {
        documents.add(Json.mapper().valueToTree(document));
      }
    }
    return documents;
  }
}
