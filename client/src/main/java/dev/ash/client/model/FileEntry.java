package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/**
 * A file in a listing.
 *
 * @param size in bytes
 */
public record FileEntry(String path, long size, Optional<String> modifiedAt) {
  public static FileEntry of(JsonNode answer) {
    var fields = new Fields(answer);
    return new FileEntry(fields.text("path"), fields.count("size"), fields.textIf("modifiedAt"));
  }
}
