/**
 * How the client speaks HTTP: one {@link dev.ash.client.http.Call} at a time over a {@link
 * dev.ash.client.http.Connection}, again where that is safe ({@link
 * dev.ash.client.http.RetryPolicy}). Programs use the resource groups of {@code AshClient}; this
 * package is for calls the groups do not have.
 */
@NullMarked
package dev.ash.client.http;

import org.jspecify.annotations.NullMarked;
