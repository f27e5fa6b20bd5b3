package dev.ash.client.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.protocol.json.Json;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A JSON document to send, in parts: text, and contents that are encoded as Base64 while they are
 * sent. Its length is known before it is sent.
 */
public final class Body {
  private final List<Part> parts = new ArrayList<>();

  private sealed interface Part {
    record Text(String json) implements Part {
      byte[] bytes() {
        return json.getBytes(StandardCharsets.UTF_8);
      }
    }

    record Base64(Content content) implements Part {}
  }

  public static Body of(JsonNode json) {
    return new Body().text(json.toString());
  }

  /** A part of the document as it is. */
  public Body text(String json) {
    parts.add(new Part.Text(json));
    return this;
  }

  /** A string of the document with these characters. */
  public Body string(String value) {
    return text(Json.write(value));
  }

  /** A string of the document that holds the content as Base64. */
  public Body base64(Content content) {
    text("\"");
    parts.add(new Part.Base64(content));
    return text("\"");
  }

  BodyPublisher publisher() {
    if (parts.size() == 1 && parts.getFirst() instanceof Part.Text text) {
      return BodyPublishers.ofByteArray(text.bytes());
    }
    try {
      return BodyPublishers.fromPublisher(BodyPublishers.ofInputStream(this::open), size());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private long size() throws IOException {
    long size = 0;
    for (var part : parts) {
      size +=
          switch (part) {
            case Part.Text text -> text.bytes().length;
            case Part.Base64(var content) -> Base64Source.encodedSize(content.size());
          };
    }
    return size;
  }

  private InputStream open() {
    return new SequenceInputStream(
        Collections.enumeration(parts.stream().<InputStream>map(LazyPart::new).toList()));
  }

  /** Opens its file when its turn comes: a folder may have more files than may be open at once. */
  private static final class LazyPart extends InputStream {
    private final Part part;
    private InputStream in = InputStream.nullInputStream();
    private boolean isOpen;

    LazyPart(Part part) {
      this.part = part;
    }

    private InputStream in() throws IOException {
      if (!isOpen) {
        in =
            switch (part) {
              case Part.Text text -> new ByteArrayInputStream(text.bytes());
              case Part.Base64(var content) -> new Base64Source(content.open());
            };
        isOpen = true;
      }
      return in;
    }

    @Override
    public int read() throws IOException {
      return in().read();
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      return in().read(target, offset, length);
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
