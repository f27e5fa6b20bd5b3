/**
 * What lies in {@code deploy} are files: chart, image, manifests. Nothing is compiled here but
 * their tests, which try them with the programs that use them: helm, the Kubernetes schemas, the
 * kernel's packet filter.
 *
 * <p>Start at {@code ChartTest}. {@code Helm} renders; {@code Repository} finds files and tools.
 */
@NullMarked
package dev.ash.deploy;

import org.jspecify.annotations.NullMarked;
