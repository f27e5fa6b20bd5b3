@NullMarked
package dev.ash.gateway.audit;

import org.jspecify.annotations.NullMarked;
