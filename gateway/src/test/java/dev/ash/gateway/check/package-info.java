@NullMarked
package dev.ash.gateway.check;

import org.jspecify.annotations.NullMarked;
