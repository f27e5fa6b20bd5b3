/**
 * Files that clients attach to sessions (contract/ash-api.md section 2.10). They are kept apart
 * from the workspace, so that an agent cannot change what was sent; a copy of each is laid into the
 * workspace for the agent to read.
 */
@NullMarked
package dev.ash.node.attachments;

import org.jspecify.annotations.NullMarked;
