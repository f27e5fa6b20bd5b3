package dev.ash.node.api.json;

import dev.ash.node.api.json.Base64Text.Decoded;
import dev.ash.node.upload.Incoming;
import dev.ash.node.upload.UploadFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.util.ByteString;

/**
 * Takes the contents out of an upload's JSON while it comes in: each text that is one, such as
 * {@code files[n].content}, is decoded on the way and a short mark is left in its place. What
 * remains is small and is parsed and checked like every other body, so an upload never lies in
 * memory as text.
 *
 * <p>It follows strings and nesting only; whether the rest is JSON is the parser's business.
 */
public final class FileSieve {
  /** What is left of the JSON may be this large. */
  private static final int MAX_REST = 8 * 1024 * 1024;

  private static final int DEEPEST = 256;
  private static final int LONGEST_KEY = 16;

  /** A client cannot write it into a text that is not one of these contents. */
  private static final String MARK = "\\u0000file:";

  private final Contents contents;
  private final UploadFile file;
  private final java.io.ByteArrayOutputStream rest = new java.io.ByteArrayOutputStream();
  private final List<Decoded> files = new ArrayList<>();
  private final boolean[] isArray = new boolean[DEEPEST];
  private final String[] keys = new String[4];
  private final StringBuilder key = new StringBuilder();
  private Base64Text content = new Base64Text(Incoming.inMemory());
  private int depth;
  private boolean expectKey;
  private boolean inKey;
  private In in = In.STRUCTURE;
  private int code;
  private int digits;
  private long kept;
  private boolean broken;

  private enum In {
    STRUCTURE,
    TEXT,
    TEXT_ESCAPE,
    CONTENT,
    CONTENT_ESCAPE,
    CONTENT_UNICODE
  }

  /**
   * Which texts of a body are contents in base64.
   *
   * @param path names of members from the outermost inwards; {@code []} stands for each item of an
   *     array
   * @param most contents beyond this number are not kept
   * @param each contents larger than so many bytes are counted, not kept
   * @param together so are those that do not fit into this with the ones before
   */
  public record Contents(List<String> path, int most, long each, long together) {
    public Contents {
      path = List.copyOf(path);
    }

    /** The files of an upload. */
    public static Contents files(int most, long each, long together) {
      return new Contents(List.of("files", "[]", "content"), most, each, together);
    }

    /** One content. */
    public static Contents one(String member, long most) {
      return new Contents(List.of(member), 1, most, most);
    }
  }

  /**
   * An upload in two parts.
   *
   * @param json with a mark for each content
   * @param files the contents; one that is over its bound has a size and no bytes
   */
  public record Sifted(ByteString json, List<Decoded> files) {
    public Sifted {
      files = List.copyOf(files);
    }

    /** The content a mark stands for; empty when the text is no mark. */
    public Optional<Decoded> content(String text) {
      if (!text.startsWith("\u0000file:")) {
        return Optional.empty();
      }
      var number = text.substring(6);
      return number.matches("\\d{1,6}") && Integer.parseInt(number) < files.size()
          ? Optional.of(files.get(Integer.parseInt(number)))
          : Optional.empty();
    }
  }

  /**
   * Starts empty.
   *
   * @param file takes the contents
   */
  public FileSieve(Contents contents, UploadFile file) {
    this.contents = contents;
    this.file = file;
  }

  /** Takes the next bytes. Blocks where contents are written to their file. */
  public void add(ByteString bytes) throws IOException {
    for (var one : bytes.toArrayUnsafe()) {
      if (broken) {
        return;
      }
      add(one);
    }
  }

  /** Bytes of what is not content, which stays in memory. */
  public int rest() {
    return rest.size();
  }

  /** Empty when it cannot be JSON of a sensible size. */
  public Optional<Sifted> finish() {
    return broken
        ? Optional.empty()
        : Optional.of(new Sifted(ByteString.fromArrayUnsafe(rest.toByteArray()), files));
  }

  private void add(byte b) throws IOException {
    switch (in) {
      case STRUCTURE -> structure(b);
      case TEXT, TEXT_ESCAPE -> text(b);
      case CONTENT -> content(b);
      case CONTENT_ESCAPE -> contentEscape(b);
      case CONTENT_UNICODE -> contentUnicode(b);
    }
    broken |= rest.size() > MAX_REST;
  }

  private void structure(byte b) throws IOException {
    switch (b) {
      case '"' -> {
        inKey = expectKey;
        key.setLength(0);
        in = !inKey && isContent() ? In.CONTENT : In.TEXT;
        if (in == In.CONTENT) {
          content = new Base64Text(file.begin(keep()));
          return;
        }
      }
      case '{', '[' -> {
        if (depth == DEEPEST) {
          broken = true;
          return;
        }
        isArray[depth++] = b == '[';
        expectKey = b == '{';
      }
      case '}', ']' -> {
        depth = Math.max(0, depth - 1);
        expectKey = false;
      }
      case ',' -> expectKey = depth > 0 && !isArray[depth - 1];
      case ':' -> expectKey = false;
      default -> {}
    }
    rest.write(b);
  }

  /** One more than is allowed is refused by the check of the rest; it is not kept for that. */
  private long keep() {
    return files.size() < contents.most()
        ? Math.min(contents.each(), contents.together() - kept)
        : 0;
  }

  private boolean isContent() {
    var path = contents.path();
    var matches = depth == path.size();
    for (var level = 0; matches && level < depth; level++) {
      matches =
          path.get(level).equals("[]")
              ? isArray[level]
              : !isArray[level] && path.get(level).equals(keys[level + 1]);
    }
    return matches;
  }

  private void text(byte b) {
    rest.write(b);
    if (in == In.TEXT_ESCAPE) {
      in = In.TEXT;
    } else if (b == '\\') {
      in = In.TEXT_ESCAPE;
    } else if (b == '"') {
      in = In.STRUCTURE;
      if (inKey && depth < keys.length) {
        keys[depth] = key.toString();
      }
      return;
    }
    if (inKey && key.length() < LONGEST_KEY) {
      key.append((char) b);
    }
  }

  private void content(byte b) throws IOException {
    if (b == '"') {
      in = In.STRUCTURE;
      keep(content.finish());
    } else if (b == '\\') {
      in = In.CONTENT_ESCAPE;
    } else if (b >= 0 && b < ' ') {
      broken = true;
    } else {
      content.add(b);
    }
  }

  private void contentEscape(byte b) throws IOException {
    in = In.CONTENT;
    switch (b) {
      case '/' -> content.add('/');
      case '"', '\\', 'b', 'f', 'n', 'r', 't' -> {}
      case 'u' -> {
        in = In.CONTENT_UNICODE;
        code = 0;
        digits = 0;
      }
      default -> broken = true;
    }
  }

  private void contentUnicode(byte b) throws IOException {
    var digit = Character.digit(b, 16);
    broken |= digit < 0;
    code = code << 4 | digit;
    if (++digits == 4) {
      in = In.CONTENT;
      content.add(code);
    }
  }

  private void keep(Decoded decoded) {
    var number = files.size();
    if (number < contents.most()) {
      files.add(decoded);
      kept += decoded.content().size();
    }
    rest.writeBytes(
        ("\"" + MARK + Math.min(number, contents.most()) + "\"")
            .getBytes(StandardCharsets.US_ASCII));
  }
}
