package dev.ash.node.api.json;

import dev.ash.node.upload.Content;
import dev.ash.node.upload.Incoming;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;

/**
 * Decodes base64 as it comes in. Both alphabets are understood, what belongs to neither is passed
 * over, and the first {@code =} is the end: senders differ in all three.
 */
public final class Base64Text {
  private static final byte[] VALUES = values();

  private final Incoming content;
  private int bits;
  private int pending;
  private boolean ended;

  /**
   * What was decoded.
   *
   * @param size bytes that came
   * @param content empty when more came than was to be kept
   */
  public record Decoded(long size, Content content) {
    /** The content, where the bounds of a body leave no other possibility than that it was kept. */
    public Content whole() {
      if (content.size() != size) {
        throw new IllegalStateException(
            "a content of " + size + " bytes was not kept and not refused");
      }
      return content;
    }
  }

  /** Starts empty. */
  Base64Text(Incoming content) {
    this.content = content;
  }

  /** All of a text. */
  public static Decoded decoded(String text) {
    var decoder = new Base64Text(Incoming.inMemory());
    try {
      for (var i = 0; i < text.length(); i++) {
        decoder.add(text.charAt(i));
      }
      return decoder.finish();
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot fail", e);
    }
  }

  /** Takes one character. */
  void add(int character) throws IOException {
    if (character == '=') {
      ended = true;
    }
    var value = character < VALUES.length && character >= 0 ? VALUES[character] : -1;
    if (ended || value < 0) {
      return;
    }
    bits = bits << 6 | value;
    pending += 6;
    if (pending >= 8) {
      pending -= 8;
      content.put((byte) (bits >> pending));
    }
  }

  Decoded finish() throws IOException {
    return new Decoded(content.size(), content.finish());
  }

  private static byte[] values() {
    var table = new byte[128];
    Arrays.fill(table, (byte) -1);
    var alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (var i = 0; i < alphabet.length(); i++) {
      table[alphabet.charAt(i)] = (byte) i;
    }
    table['-'] = 62;
    table['_'] = 63;
    return table;
  }
}
