/**
 * The public contract, row by row, and the requests of the published clients, against nodes that
 * run.
 *
 * <p>Start at {@link dev.ash.node.contract.ContractWalkIT}; docs/contract.md tells how to read it.
 */
@NullMarked
package dev.ash.node.contract;

import org.jspecify.annotations.NullMarked;
