/** Rules of HTTP that need neither a server nor a client. */
@NullMarked
package dev.ash.protocol.http;

import org.jspecify.annotations.NullMarked;
