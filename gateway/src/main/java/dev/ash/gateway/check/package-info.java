/**
 * Tools that find out from outside what a gateway does: every verdict has its evidence, and what
 * could not be found out is said to be unknown.
 *
 * <p>Start at {@link Validator} (the seven criteria); {@link ProbeUpstream} is the other end, for
 * those who can point their gateway at it.
 */
@NullMarked
package dev.ash.gateway.check;

import org.jspecify.annotations.NullMarked;
