/** TLS material from PEM files, for the listener and for calls. */
@NullMarked
package dev.ash.gateway.tls;

import org.jspecify.annotations.NullMarked;
