/**
 * What all routes have in common: who may call, how often, how bodies are read, how answers and
 * faults look.
 *
 * <p>Start at {@link Endpoint} (one row of the API), then {@link Gate} (the order of the checks).
 */
@NullMarked
package dev.ash.node.api.http;

import org.jspecify.annotations.NullMarked;
