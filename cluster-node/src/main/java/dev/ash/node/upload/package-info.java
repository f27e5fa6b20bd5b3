/**
 * Contents that clients send, until they are stored: small ones in memory, all others in a file of
 * the node that ends with the request. Start at {@link Uploads}.
 */
@NullMarked
package dev.ash.node.upload;

import org.jspecify.annotations.NullMarked;
