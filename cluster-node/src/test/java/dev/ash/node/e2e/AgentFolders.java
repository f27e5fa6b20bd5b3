package dev.ash.node.e2e;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;

/** Agents for tests: folders on the node's host, and requests that bring their files along. */
final class AgentFolders {
  private AgentFolders() {}

  /** A folder with these files, and a CLAUDE.md if there is none among them. */
  static Path folder(Path into, Map<String, String> files) throws IOException {
    Files.createDirectories(into);
    Files.writeString(into.resolve("CLAUDE.md"), "# test agent\n");
    for (var file : files.entrySet()) {
      var path = into.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.getValue());
    }
    return into;
  }

  /** The body of A1 with these files. */
  static ObjectNode upload(String name, Map<String, String> files) {
    var body = StrictClient.object().put("name", name);
    var list = body.putArray("files");
    files.forEach((path, text) -> list.addObject().put("path", path).put("content", base64(text)));
    return body;
  }

  /** Deploys an agent that has nothing but its name. */
  static String plain(StrictClient client, String name) {
    client.post("/api/agents", StrictClient.object().put("name", name).toString()).expect(201);
    return name;
  }

  static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
