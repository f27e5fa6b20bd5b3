package dev.ash.cli;

import com.fasterxml.jackson.databind.JsonNode;

/** The files of a session as lines. */
final class FileTable {
  private FileTable() {}

  static void print(Terminal terminal, JsonNode files) {
    if (files.isEmpty()) {
      terminal.note("no files");
      return;
    }
    files.forEach(
        file ->
            terminal.println(
                "%10d  %s  %s"
                    .formatted(
                        file.path("size").asLong(),
                        file.path("modifiedAt").asText(),
                        file.path("path").asText())));
  }
}
