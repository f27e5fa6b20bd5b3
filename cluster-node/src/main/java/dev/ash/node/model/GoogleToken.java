package dev.ash.node.model;

import com.google.api.client.http.HttpResponseException;
import com.google.auth.RequestMetadataCallback;
import com.google.auth.http.HttpTransportFactory;
import com.google.auth.oauth2.GoogleCredentials;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Google's access token for the node. Google's library gets it, once however many calls wait, and
 * anew some minutes before it expires, beside the calls.
 */
final class GoogleToken {
  private static final String SCOPE = "https://www.googleapis.com/auth/cloud-platform";
  private static final String AUTHORIZATION = "authorization";
  private static final Duration LONGEST = Duration.ofSeconds(20);

  private final Optional<Path> file;
  private final URI audience;
  private final HttpTransportFactory transport;
  private final Executor threads;
  private final Refusal refusal = new Refusal(System::nanoTime);
  private Optional<GoogleCredentials> made = Optional.empty();
  private String newest = "";

  /**
   * Asks nobody yet.
   *
   * @param file of a service account's key or another credential of Google; without one it is found
   *     as Google's own programs find it
   * @param client on which tokens are asked for where there is a file
   * @param threads block while they are waited for
   */
  GoogleToken(Optional<Path> file, URI audience, HttpClient client, Executor threads) {
    this.file = file;
    this.audience = audience;
    this.transport = () -> new GoogleTransport(client);
    this.threads = threads;
  }

  /** Fails with a {@link SecretSource.NoSecretException}. */
  CompletionStage<Map<String, String>> headers() {
    return CompletableFuture.supplyAsync(this::credentials, threads)
        .thenCompose(this::metadata)
        .whenComplete((shown, _) -> seen(shown));
  }

  private synchronized void seen(@Nullable Map<String, String> shown) {
    if (shown != null) {
      newest = shown.getOrDefault(AUTHORIZATION, "");
      refusal.read(shown.getOrDefault(AUTHORIZATION, ""));
    }
  }

  private CompletionStage<Map<String, String>> metadata(GoogleCredentials credentials) {
    var shown = new CompletableFuture<Map<String, String>>();
    credentials.getRequestMetadata(
        audience,
        threads,
        new RequestMetadataCallback() {
          @Override
          public void onSuccess(Map<String, List<String>> metadata) {
            shown.complete(
                metadata.entrySet().stream()
                    .collect(
                        Collectors.toMap(
                            header -> header.getKey().toLowerCase(java.util.Locale.ROOT),
                            header -> header.getValue().getFirst())));
          }

          @Override
          public void onFailure(Throwable failure) {
            shown.completeExceptionally(none(failure));
          }
        });
    return shown.orTimeout(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Blocks while a file is read, or while it is looked where this machine's credential is. */
  private synchronized GoogleCredentials credentials() {
    if (made.isEmpty()) {
      try {
        made = Optional.of(read().createScoped(SCOPE));
      } catch (IOException | IllegalArgumentException e) {
        throw new CompletionException(none(e));
      }
    }
    return made.get();
  }

  private GoogleCredentials read() throws IOException {
    if (file.isEmpty()) {
      return GoogleCredentials.getApplicationDefault();
    }
    try (var in = Files.newInputStream(file.get())) {
      return GoogleCredentials.fromStream(in, transport);
    }
  }

  /** Its own words are not repeated: they may hold what a file or a server said. */
  private SecretSource.NoSecretException none(Throwable failure) {
    var status = "";
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof HttpResponseException answer) {
        status = ", status " + answer.getStatusCode();
      }
    }
    return new SecretSource.NoSecretException(
        "no access token of Google was got with %s (%s%s)"
            .formatted(
                file.map(Path::toString).orElse("what this machine offers"),
                failure.getClass().getSimpleName(),
                status));
  }

  /** Whether the call may be sent once more with what {@link #headers} gives then. */
  synchronized boolean refused(Map<String, String> shown) {
    var value = shown.get(AUTHORIZATION);
    if (value != null && !value.equals(newest)) {
      // Another call was refused before, and its token has been replaced.
      return true;
    }
    if (value == null || !refusal.of(value)) {
      return false;
    }
    // The file may have been replaced, too.
    made = Optional.empty();
    return true;
  }
}
