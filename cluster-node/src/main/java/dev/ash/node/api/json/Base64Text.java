package dev.ash.node.api.json;

import java.util.Arrays;
import org.apache.pekko.util.ByteString;
import org.apache.pekko.util.ByteStringBuilder;

/**
 * Decodes base64 as it comes in. Both alphabets are understood, what belongs to neither is passed
 * over, and the first {@code =} is the end: senders differ in all three.
 */
public final class Base64Text {
  private static final int CHUNK = 64 * 1024;
  private static final byte[] VALUES = values();

  private final ByteStringBuilder done = new ByteStringBuilder();
  private final long keep;
  private byte[] chunk = new byte[1024];
  private int used;
  private long size;
  private int bits;
  private int pending;
  private boolean ended;

  /**
   * What was decoded.
   *
   * @param bytes empty when there was more than was to be kept
   */
  public record Decoded(long size, ByteString bytes) {}

  /**
   * Starts empty.
   *
   * @param keep bytes beyond this are counted only, and what was kept is dropped
   */
  public Base64Text(long keep) {
    this.keep = keep;
  }

  /** All of a text. */
  public static Decoded decoded(String text) {
    var decoder = new Base64Text(Long.MAX_VALUE);
    text.chars().forEach(decoder::add);
    return decoder.finish();
  }

  /** Takes one character. */
  void add(int character) {
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
      put((byte) (bits >> pending));
    }
  }

  Decoded finish() {
    if (size > keep) {
      return new Decoded(size, ByteString.emptyByteString());
    }
    done.append(ByteString.fromArray(chunk, 0, used));
    return new Decoded(size, done.result());
  }

  private void put(byte decoded) {
    size++;
    if (size > keep) {
      done.clear();
      return;
    }
    if (used == chunk.length) {
      grow();
    }
    chunk[used++] = decoded;
  }

  private void grow() {
    if (chunk.length < CHUNK) {
      chunk = Arrays.copyOf(chunk, chunk.length * 4);
    } else {
      done.append(ByteString.fromArrayUnsafe(chunk));
      chunk = new byte[CHUNK];
      used = 0;
    }
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
