/**
 * The description of the API for people and generators: {@link OpenApi} joins the route table with
 * what is written in {@code operations.yaml} and {@code schemas.yaml} beside it.
 */
@NullMarked
package dev.ash.node.api.docs;

import org.jspecify.annotations.NullMarked;
