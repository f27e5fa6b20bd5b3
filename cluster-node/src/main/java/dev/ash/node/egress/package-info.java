/**
 * The way out of a sandbox for everything but model calls: an HTTP proxy on a Unix socket per
 * session, and the rules of what it lets through (docs/adr/0020). Start reading at {@link
 * dev.ash.node.egress.EgressProxy}; the rules are in {@link dev.ash.node.egress.EgressRules}.
 */
@NullMarked
package dev.ash.node.egress;

import org.jspecify.annotations.NullMarked;
