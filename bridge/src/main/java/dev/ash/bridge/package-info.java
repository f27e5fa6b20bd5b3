/** The program that runs inside a sandbox. */
@NullMarked
package dev.ash.bridge;

import org.jspecify.annotations.NullMarked;
