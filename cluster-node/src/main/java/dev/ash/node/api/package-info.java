/**
 * The HTTP API: parse, call a port, map the outcome. The only package that speaks HTTP to clients.
 *
 * <p>Start at {@link Api}, then one of the {@code …Routes}: each is a list of rows of the contract
 * (contract/ash-api.md section 2). What all rows share is in {@code api.http}; reading, checking
 * and coercing JSON is in {@code api.json}.
 */
@NullMarked
package dev.ash.node.api;

import org.jspecify.annotations.NullMarked;
