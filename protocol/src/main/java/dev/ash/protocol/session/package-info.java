/** What a session writes down: its events, and the reasons for which it refuses. */
@NullMarked
package dev.ash.protocol.session;

import org.jspecify.annotations.NullMarked;
