/** Tests of this package. */
@NullMarked
package dev.ash.persistence.blob;

import org.jspecify.annotations.NullMarked;
