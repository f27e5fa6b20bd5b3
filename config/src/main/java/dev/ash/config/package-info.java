/**
 * Every setting of a node. Start at {@link NodeConfig}; defaults and reasons are in reference.conf.
 */
@NullMarked
package dev.ash.config;

import org.jspecify.annotations.NullMarked;
