package dev.ash.gateway.server;

import java.net.http.HttpHeaders;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpFields;

/** What others call a request, so that their logs and ours can be joined. */
final class RequestIds {
  private static final int LONGEST = 128;
  private static final Pattern STRANGE = Pattern.compile("[^A-Za-z0-9._:/+=@-]");

  /** The client's headers, and the fields of the audit line. */
  private static final Map<String, String> OF_CLIENT = new LinkedHashMap<>();

  static {
    OF_CLIENT.put("x-request-id", "client_request_id");
    OF_CLIENT.put("x-correlation-id", "client_correlation_id");
    OF_CLIENT.put("x-claude-code-session-id", "client_session_id");
  }

  private RequestIds() {}

  static Optional<String> ofAnswer(HttpHeaders headers) {
    return headers
        .firstValue("request-id")
        .or(() -> headers.firstValue("x-request-id"))
        .map(RequestIds::plain);
  }

  /** By the name of the field; only those that were sent. */
  static Map<String, String> ofClient(HttpFields headers) {
    var ids = new LinkedHashMap<String, String>();
    OF_CLIENT.forEach(
        (header, field) -> {
          var value = headers.get(header);
          if (value != null && !value.isEmpty()) {
            ids.put(field, plain(value));
          }
        });
    return Collections.unmodifiableMap(ids);
  }

  /** Whoever reads logs with other tools is not to be told anything by a client. */
  private static String plain(String id) {
    var shortened = id.length() > LONGEST ? id.substring(0, LONGEST) : id;
    return STRANGE.matcher(shortened).replaceAll("_");
  }
}
