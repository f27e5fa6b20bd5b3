@NullMarked
package dev.ash.gateway.server;

import org.jspecify.annotations.NullMarked;
