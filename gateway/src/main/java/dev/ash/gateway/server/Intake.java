package dev.ash.gateway.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;

/**
 * Reads request bodies, each as a whole.
 *
 * @param most bytes of one
 * @param patience after which one has to come at a pace
 */
record Intake(int most, Duration patience, InstantSource clock) {
  private static final int SLOWEST_BYTES_PER_SECOND = 1_000;

  /** The whole body, or what is one byte too long; empty when it drips in as an attack does. */
  Optional<byte[]> read(Request request, Visit visit) throws IOException {
    var bound = most + 1;
    var body = new ByteArrayOutputStream();
    var part = new byte[16 << 10];
    try (var stream = Content.Source.asInputStream(request)) {
      for (var n = 0; n >= 0 && body.size() < bound; ) {
        n = stream.read(part, 0, Math.min(part.length, bound - body.size()));
        if (n > 0) {
          body.write(part, 0, n);
        }
        var spent = Duration.between(visit.started, clock.instant());
        if (spent.compareTo(patience) > 0
            && body.size() < SLOWEST_BYTES_PER_SECOND * spent.toSeconds()) {
          return Optional.empty();
        }
      }
    }
    visit.received = body.size();
    return Optional.of(body.toByteArray());
  }
}
