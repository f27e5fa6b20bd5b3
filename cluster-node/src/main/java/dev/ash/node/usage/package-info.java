/** What turns used: derived from the journal, stored once, and summed up for tenants. */
@NullMarked
package dev.ash.node.usage;

import org.jspecify.annotations.NullMarked;
