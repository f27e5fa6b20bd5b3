/**
 * The Java client of the API.
 *
 * <p>Start at {@link AshClient}; its groups have the API's resources, {@code model} what they give
 * and take, {@code stream} what an agent says while it works. {@link AshException} is how things
 * fail.
 */
@NullMarked
package dev.ash.client;

import org.jspecify.annotations.NullMarked;
