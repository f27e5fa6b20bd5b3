package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What became of one file that was written.
 *
 * @param size in bytes
 * @param error why it was not written
 */
public record WrittenFile(String path, boolean written, OptionalLong size, Optional<String> error) {
  public static WrittenFile of(JsonNode answer) {
    var fields = new Fields(answer);
    return new WrittenFile(
        fields.text("path"),
        fields.flag("written"),
        fields.countIf("size"),
        fields.textIf("error"));
  }
}
