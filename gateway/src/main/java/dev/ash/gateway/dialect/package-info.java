/**
 * Reads other products' configuration files as far as they describe a gateway for the Messages API.
 * What is not understood is reported by name.
 */
@NullMarked
package dev.ash.gateway.dialect;

import org.jspecify.annotations.NullMarked;
