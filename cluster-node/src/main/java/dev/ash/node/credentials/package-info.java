/**
 * Secrets of tenants: stored sealed, given to sessions.
 *
 * <p>Start at {@link Credentials}. The only package that opens a stored secret. What a session's
 * own key for the model is, is asked through {@link SessionCredentials}.
 */
@NullMarked
package dev.ash.node.credentials;

import org.jspecify.annotations.NullMarked;
