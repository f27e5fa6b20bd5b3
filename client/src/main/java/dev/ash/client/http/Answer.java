package dev.ash.client.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/**
 * What a call was answered.
 *
 * @param json a missing node where there is no body (204)
 * @param etag names the state that is shown, where the server says so; with its quotes
 */
public record Answer(JsonNode json, Optional<String> etag) {}
