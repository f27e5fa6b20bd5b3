package dev.ash.node.api;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.ResponseEntity;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/** Responses that are files: never shown by a browser, always saved. */
final class Downloads {
  private static final ContentType OTHER = type("application/octet-stream");

  /** What needs no escape in a header's extended value. */
  private static final String PLAIN =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~";

  /** Types by extension, as the contract lists them. */
  private static final Map<String, ContentType> TYPES =
      table(
          """
          text/html html htm
          text/css css
          application/javascript js mjs
          application/json json
          application/xml xml
          text/csv csv
          text/plain txt toml
          text/markdown md
          text/yaml yaml yml
          text/typescript ts tsx
          text/javascript jsx
          text/x-python py
          text/x-ruby rb
          text/x-rust rs
          text/x-go go
          text/x-java java
          text/x-c c h
          text/x-c++ cpp
          text/x-shellscript sh bash zsh
          text/x-sql sql
          image/svg+xml svg
          image/png png
          image/gif gif
          image/webp webp
          image/jpeg jpg jpeg
          image/x-icon ico
          application/pdf pdf
          application/zip zip
          application/gzip gz
          application/x-tar tar
          application/wasm wasm
          video/mp4 mp4
          video/webm webm
          audio/mpeg mp3
          audio/wav wav
          font/woff woff
          font/woff2 woff2
          font/ttf ttf
          font/otf otf
          """);

  private Downloads() {}

  static ContentType workspaceType(String path) {
    return TYPES.getOrDefault(extension(path), OTHER);
  }

  /** Agent files have fewer types. */
  static ContentType agentType(String path) {
    var extension = extension(path);
    return extension.equals("md") || extension.equals("json") ? workspaceType(path) : OTHER;
  }

  /** What a client said of its file; what is no type, or none that is known to be one, is bytes. */
  static ContentType storedType(String mimeType) {
    try {
      return ContentTypes.parse(mimeType);
    } catch (IllegalArgumentException _) {
      return OTHER;
    }
  }

  /** The contract names bundles in the older form. */
  static HttpResponse bundle(String name, long size, Source<ByteString, ?> bytes) {
    return HttpResponse.create()
        .withEntity(HttpEntities.create(workspaceType(name), size, bytes))
        .addHeader(
            RawHeader.create("Content-Disposition", "attachment; filename=\"" + name + "\""));
  }

  static HttpResponse strict(ContentType type, String path, ByteString bytes) {
    return response(HttpEntities.create(type, bytes), path);
  }

  /** The source is run when the client reads, and is cancelled when it leaves. */
  static HttpResponse streamed(
      ContentType type, String path, long size, Source<ByteString, ?> bytes) {
    return size == 0
        ? strict(type, path, ByteString.emptyByteString())
        : response(HttpEntities.create(type, size, bytes), path);
  }

  private static HttpResponse response(ResponseEntity entity, String path) {
    var name = path.substring(path.lastIndexOf('/') + 1);
    return HttpResponse.create()
        .withEntity(entity)
        .addHeaders(
            List.<HttpHeader>of(
                RawHeader.create(
                    "Content-Disposition", "attachment; filename*=UTF-8''" + encode(name)),
                RawHeader.create("X-Content-Type-Options", "nosniff")));
  }

  private static String encode(String name) {
    var encoded = new StringBuilder();
    for (var b : name.getBytes(StandardCharsets.UTF_8)) {
      if (PLAIN.indexOf(b) >= 0) {
        encoded.append((char) b);
      } else {
        encoded.append('%').append(String.format(Locale.ROOT, "%02X", b));
      }
    }
    return encoded.toString();
  }

  private static String extension(String path) {
    var name = path.substring(path.lastIndexOf('/') + 1);
    var dot = name.lastIndexOf('.');
    return dot > 0 ? name.substring(dot + 1).toLowerCase(Locale.ROOT) : "";
  }

  private static Map<String, ContentType> table(String lines) {
    var types = new HashMap<String, ContentType>();
    for (var line : lines.lines().toList()) {
      var words = List.of(line.split(" "));
      words.stream().skip(1).forEach(extension -> types.put(extension, type(words.getFirst())));
    }
    return Map.copyOf(types);
  }

  /** Binary to the server's model, so that no charset is added to the text types. */
  private static ContentType type(String name) {
    var slash = name.indexOf('/');
    return MediaTypes.customBinary(name.substring(0, slash), name.substring(slash + 1), false)
        .toContentType();
  }
}
