package dev.ash.gateway.server;

import com.google.api.client.http.HttpResponseException;
import com.google.auth.oauth2.GoogleCredentials;
import dev.ash.gateway.server.VertexCalls.NoTokenException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Google's access token for the gateway, got and renewed by Google's library. Any thread. */
final class GoogleToken {
  private static final Logger LOG = LoggerFactory.getLogger(GoogleToken.class);
  private static final String SCOPE = "https://www.googleapis.com/auth/cloud-platform";
  private static final String AUTHORIZATION = "authorization";
  private static final Duration PAUSE = Duration.ofSeconds(10);

  private final Optional<Path> file;
  private final URI audience;
  private Optional<GoogleCredentials> made = Optional.empty();
  private String newest = "";

  /** Nano time until which a refused token is not asked for again; a caller may provoke 401. */
  private Optional<Long> sparedUntil = Optional.empty();

  /**
   * Asks nobody yet.
   *
   * @param file a service account's key, or another credential of Google; without one it is found
   *     as Google's own programs find it, a metadata server among others
   */
  GoogleToken(Optional<Path> file, URI audience) {
    this.file = file;
    this.audience = audience;
  }

  /** What shows who the gateway is, by lower-case name. */
  Map<String, String> headers() throws NoTokenException {
    try {
      var shown = new HashMap<String, String>();
      credentials()
          .getRequestMetadata(audience)
          .forEach((name, values) -> shown.put(name.toLowerCase(Locale.ROOT), values.getFirst()));
      synchronized (this) {
        newest = shown.getOrDefault(AUTHORIZATION, "");
      }
      return shown;
    } catch (IOException | IllegalArgumentException e) {
      throw none(e);
    }
  }

  private synchronized GoogleCredentials credentials() throws IOException {
    if (made.isEmpty()) {
      made = Optional.of(read().createScoped(SCOPE));
    }
    return made.get();
  }

  private GoogleCredentials read() throws IOException {
    if (file.isEmpty()) {
      return GoogleCredentials.getApplicationDefault();
    }
    try (var in = Files.newInputStream(file.get())) {
      return GoogleCredentials.fromStream(in);
    }
  }

  /** Its own words are not repeated: they may hold what a file or a server said. */
  private NoTokenException none(Exception failure) {
    var status = "";
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof HttpResponseException answer) {
        status = ", status " + answer.getStatusCode();
      }
    }
    LOG.warn(
        "no access token of Google was got with {}: {}{}",
        file.map(Path::toString).orElse("what Google's programs find"),
        failure.getClass().getName(),
        status);
    return new NoTokenException(
        "No access token of Google was got (%s%s)"
            .formatted(failure.getClass().getSimpleName(), status),
        failure);
  }

  /** Whether the call may be sent once more with what {@link #headers} gives then. */
  synchronized boolean refused(Map<String, String> shown) {
    if (!shown.getOrDefault(AUTHORIZATION, "").equals(newest)) {
      // Another call was refused before, and its token has been replaced.
      return true;
    }
    if (sparedUntil.filter(until -> until - System.nanoTime() > 0).isPresent()) {
      return false;
    }
    sparedUntil = Optional.of(System.nanoTime() + PAUSE.toNanos());
    // The file may have been replaced, too.
    made = Optional.empty();
    return true;
  }
}
