@NullMarked
package dev.ash.gateway.keys;

import org.jspecify.annotations.NullMarked;
