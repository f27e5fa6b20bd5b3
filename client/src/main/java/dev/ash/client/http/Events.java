package dev.ash.client.http;

import java.util.OptionalLong;

/**
 * An event stream that has begun.
 *
 * @param turn the number of the turn whose message was sent, where the server says it
 */
public record Events(SseScanner scanner, OptionalLong turn) {}
