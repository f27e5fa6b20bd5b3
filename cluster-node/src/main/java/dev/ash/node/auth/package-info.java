/**
 * API keys, tenants and callers.
 *
 * <p>Start at {@link Keys}. The only package that reads or writes keys.
 */
@NullMarked
package dev.ash.node.auth;

import org.jspecify.annotations.NullMarked;
