/**
 * The HTTP API: parse, call a port, map the outcome. The only package that speaks HTTP to clients.
 */
@NullMarked
package dev.ash.node.api;

import org.jspecify.annotations.NullMarked;
