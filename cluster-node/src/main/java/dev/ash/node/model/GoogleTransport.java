package dev.ash.node.model;

import com.google.api.client.http.HttpTransport;
import com.google.api.client.http.LowLevelHttpRequest;
import com.google.api.client.http.LowLevelHttpResponse;
import dev.ash.node.model.Headers.Line;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Lets Google's library go the way of an upstream's other requests: its trust, its proxy. */
final class GoogleTransport extends HttpTransport {
  private static final Duration ANSWER = Duration.ofSeconds(10);
  private static final Duration LONGEST = Duration.ofSeconds(15);
  private static final long MOST = 1 << 20;

  private final HttpClient client;

  GoogleTransport(HttpClient client) {
    this.client = client;
  }

  @Override
  protected LowLevelHttpRequest buildRequest(String method, String url) {
    return new Request(client, method, HttpRequest.newBuilder(URI.create(url)).timeout(ANSWER));
  }

  private static final class Request extends LowLevelHttpRequest {
    private final HttpClient client;
    private final String method;
    private final HttpRequest.Builder request;

    Request(HttpClient client, String method, HttpRequest.Builder request) {
      this.client = client;
      this.method = method;
      this.request = request;
    }

    @Override
    public void addHeader(String name, String value) {
      // The library reads gzip, and asks for it; an answer of so few bytes needs none.
      if (!name.equalsIgnoreCase("accept-encoding")) {
        request.header(name, value);
      }
    }

    @Override
    public LowLevelHttpResponse execute() throws IOException {
      var body = new ByteArrayOutputStream();
      if (getStreamingContent() != null) {
        getStreamingContent().writeTo(body);
      }
      if (getContentType() != null) {
        request.header("content-type", getContentType());
      }
      try {
        return new Response(
            client
                .sendAsync(
                    request.method(method, BodyPublishers.ofByteArray(body.toByteArray())).build(),
                    BodyHandlers.limiting(BodyHandlers.ofByteArray(), MOST))
                // The client's own limit ends with the head of an answer.
                .orTimeout(LONGEST.toMillis(), TimeUnit.MILLISECONDS)
                .get());
      } catch (ExecutionException e) {
        throw e.getCause() instanceof IOException io
            ? io
            : new IOException("no answer of a token server", e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted");
      }
    }
  }

  private static final class Response extends LowLevelHttpResponse {
    private final HttpResponse<byte[]> response;
    private final List<Line> lines;

    Response(HttpResponse<byte[]> response) {
      this.response = response;
      this.lines = Provider.Received.lines(response);
    }

    @Override
    public InputStream getContent() {
      return new ByteArrayInputStream(response.body());
    }

    @Override
    public String getContentEncoding() {
      return response.headers().firstValue("content-encoding").orElse("");
    }

    @Override
    public long getContentLength() {
      return response.body().length;
    }

    @Override
    public String getContentType() {
      return response.headers().firstValue("content-type").orElse("");
    }

    @Override
    public String getStatusLine() {
      return "HTTP/1.1 " + response.statusCode();
    }

    @Override
    public int getStatusCode() {
      return response.statusCode();
    }

    @Override
    public String getReasonPhrase() {
      return "";
    }

    @Override
    public int getHeaderCount() {
      return lines.size();
    }

    @Override
    public String getHeaderName(int index) {
      return lines.get(index).name();
    }

    @Override
    public String getHeaderValue(int index) {
      return lines.get(index).value();
    }
  }
}
