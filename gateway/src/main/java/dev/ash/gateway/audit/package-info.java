/**
 * The audit log: lines that are chained by their hashes, so that a change shows.
 *
 * <p>Start at {@link dev.ash.gateway.audit.ChainLine} (a line's form), then {@link
 * dev.ash.gateway.audit.AuditTrail} (how they are written) and {@link
 * dev.ash.gateway.audit.AuditVerifier} (how they are checked). Why so: docs/adr/0028.
 */
@NullMarked
package dev.ash.gateway.audit;

import org.jspecify.annotations.NullMarked;
