@NullMarked
package dev.ash.gateway;

import org.jspecify.annotations.NullMarked;
