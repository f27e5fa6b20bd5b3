/** The node with real gateways and a real identity provider between it and the model. */
@NullMarked
package dev.ash.node.gateways;

import org.jspecify.annotations.NullMarked;
