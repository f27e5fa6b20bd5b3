package dev.ash.node.api.docs;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** The page that shows the description, and its files: all of them come from the class path. */
public final class SwaggerUi {
  private static final String WEBJAR = "/META-INF/maven/org.webjars/swagger-ui/pom.properties";

  /** What is served; no other name leads to a file. */
  private static final Map<String, String> TYPES =
      Map.of(
          "swagger-ui.css", "text/css",
          "swagger-ui-bundle.js", "application/javascript",
          "favicon-32x32.png", "image/png",
          "start.js", "application/javascript");

  /**
   * A file.
   *
   * @param type its media type
   */
  public record Page(String type, ByteString bytes) {}

  private SwaggerUi() {}

  /** Reads: not for a thread that must not block. */
  public static Page index() throws IOException {
    return new Page("text/html", read(SwaggerUi.class.getResourceAsStream("index.html")));
  }

  /** The same for one of its files. */
  public static Optional<Page> file(String name) throws IOException {
    var type = TYPES.get(name);
    if (type == null) {
      return Optional.empty();
    }
    var ours = SwaggerUi.class.getResourceAsStream(name);
    return Optional.of(
        new Page(
            type, read(ours != null ? ours : SwaggerUi.class.getResourceAsStream(webjar(name)))));
  }

  private static String webjar(String name) throws IOException {
    var properties = new Properties();
    try (var in = SwaggerUi.class.getResourceAsStream(WEBJAR)) {
      if (in == null) {
        throw new IOException("swagger-ui is not on the class path");
      }
      properties.load(in);
    }
    return "/META-INF/resources/webjars/swagger-ui/"
        + properties.getProperty("version")
        + "/"
        + name;
  }

  private static ByteString read(@Nullable InputStream file) throws IOException {
    if (file == null) {
      throw new IOException("a file of the description's page is not on the class path");
    }
    try (file) {
      return ByteString.fromArray(file.readAllBytes());
    }
  }
}
