package dev.ash.node.model;

import dev.ash.config.SecretConfig;
import java.net.http.HttpClient;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The operator's headers, with their values as they are at the time of a call. */
final class CustomHeaders {
  /** Neither a control, which could begin another header, nor what is no ISO 8859-1. */
  private static final Pattern VALUE = Pattern.compile("[\\t\\x20-\\x7e\\xa0-\\xff]*");

  private final Map<String, SecretSource> sources = new LinkedHashMap<>();

  CustomHeaders(Map<String, SecretConfig> headers, SecretStores stores, HttpClient client) {
    headers.forEach((name, config) -> sources.put(name, stores.source(config, client)));
  }

  /**
   * Reads them all.
   *
   * @param credentials whether those that are a credential are wanted too
   */
  CompletionStage<Map<String, String>> values(boolean credentials) {
    CompletionStage<Map<String, String>> all =
        CompletableFuture.completedStage(new LinkedHashMap<>());
    for (var header : sources.entrySet()) {
      var name = header.getKey();
      if (credentials || !Headers.isCredential(name)) {
        all =
            all.thenCombine(
                header.getValue().get(),
                (values, value) -> {
                  values.put(name, checked(name, value));
                  return values;
                });
      }
    }
    return all;
  }

  private static String checked(String name, String value) {
    if (!VALUE.matcher(value).matches()) {
      throw new SecretSource.NoSecretException(
          "what was read for the header " + name + " is no header value");
    }
    return value;
  }

  /** Whether another value of one of them may come of asking again. */
  boolean refused(Map<String, String> shown) {
    return refused(shown, _ -> true);
  }

  /**
   * The same.
   *
   * @param looked whether who refused looks at the header of this name; others are not asked again
   */
  boolean refused(Map<String, String> shown, Predicate<String> looked) {
    var again = false;
    for (var header : sources.entrySet()) {
      var value = shown.get(header.getKey());
      if (value != null && looked.test(header.getKey())) {
        again |= header.getValue().refused(value);
      }
    }
    return again;
  }
}
