/**
 * JSON bodies and query strings: read strictly, checked and coerced by declared schemas.
 *
 * <p>Start at {@link Schema}, then {@link SchemaCheck}. What a schema accepts, coerces and says is
 * that of the validator the API's clients grew up with (contract/ash-api.md sections 2.1 and 2.2).
 */
@NullMarked
package dev.ash.node.api.json;

import org.jspecify.annotations.NullMarked;
