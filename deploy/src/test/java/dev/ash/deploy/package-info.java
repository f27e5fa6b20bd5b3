/**
 * What lies in {@code deploy}, tried with the programs that use it: helm, the Kubernetes schemas,
 * the kernel's packet filter.
 *
 * <p>Start at {@link ChartTest}. {@link Helm} renders; {@link Repository} finds files and tools.
 */
@NullMarked
package dev.ash.deploy;

import org.jspecify.annotations.NullMarked;
