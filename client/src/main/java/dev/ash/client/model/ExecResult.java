package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * What a command in a sandbox gave.
 *
 * @param exitCode 1 also when the time was up
 */
public record ExecResult(int exitCode, String stdout, String stderr) {
  public static ExecResult of(JsonNode answer) {
    var fields = new Fields(answer);
    return new ExecResult(fields.number("exitCode"), fields.text("stdout"), fields.text("stderr"));
  }
}
