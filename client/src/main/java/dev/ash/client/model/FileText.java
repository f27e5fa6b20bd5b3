package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A file as text, for files of up to 1 MiB.
 *
 * @param size in bytes
 */
public record FileText(String path, String content, long size) {
  public static FileText of(JsonNode answer) {
    var fields = new Fields(answer);
    return new FileText(fields.text("path"), fields.text("content"), fields.count("size"));
  }
}
