@NullMarked
package dev.ash.gateway.config;

import org.jspecify.annotations.NullMarked;
