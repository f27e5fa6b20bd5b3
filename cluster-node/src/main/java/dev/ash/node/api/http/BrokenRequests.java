package dev.ash.node.api.http;

import org.apache.pekko.event.LoggingAdapter;
import org.apache.pekko.http.ParsingErrorHandler;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.scaladsl.model.ErrorInfo;
import org.apache.pekko.http.scaladsl.model.StatusCode;
import org.apache.pekko.http.scaladsl.settings.ServerSettings;

/**
 * Answers what is not HTTP in the form of every other fault. It quotes nothing and logs nothing:
 * whoever can reach the port decides how often this happens and what is in it.
 */
public final class BrokenRequests extends ParsingErrorHandler {
  /** The server looks for an instance under this name. */
  @SuppressWarnings("MemberName") // it is the name of a Scala object's instance
  public static final BrokenRequests MODULE$ = new BrokenRequests();

  private BrokenRequests() {}

  @Override
  public HttpResponse handle(
      StatusCode status, ErrorInfo info, LoggingAdapter log, ServerSettings settings) {
    return Problems.of(status.intValue(), status.reason());
  }
}
