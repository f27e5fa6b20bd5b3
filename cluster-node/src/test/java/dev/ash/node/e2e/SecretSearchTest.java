package dev.ash.node.e2e;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The search finds what it has to, however it was written, and nothing else. */
final class SecretSearchTest {
  /**
   * With everything that some form writes in another way; a base64 that has both its odd digits.
   */
  private static final String SECRET = "canary \"5/f1\\c0=e&<~?>~ü??>";

  private static final SecretSearch SEARCH =
      SecretSearch.of(Map.of("one", SECRET, "another", "canary-that-is-not-there"));

  @TempDir private Path folder;

  static Stream<Arguments> forms() {
    var mapper = JsonMapper.builder().build();
    var ascii = JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();
    return Stream.of(
        form("", text -> text),
        form(" in JSON escapes", text -> json(mapper, text)),
        form(" in JSON escapes", text -> json(mapper, text).replace("/", "\\/")),
        form(" in JSON escapes", text -> json(ascii, text)),
        form(
            " in JSON escapes",
            text ->
                json(mapper, text)
                    .replace("<", "\\u003c")
                    .replace(">", "\\u003e")
                    .replace("&", "\\u0026")),
        form(" in JSON escapes", text -> escaped(text, "\\u%04x")),
        form(" in JSON escapes", text -> escaped(text, "\\u%04X")),
        form(" in percent-encoding", text -> URLEncoder.encode(text, UTF_8)),
        form(
            " in percent-encoding",
            text -> URLEncoder.encode(text, UTF_8).replace("+", "%20").replace("%7E", "~")),
        form(" in percent-encoding", text -> percent(text, "%%%02x")),
        form(" in percent-encoding", text -> percent(text, "%%%02X")),
        form(" in hex", text -> HexFormat.of().formatHex(text.getBytes(UTF_8))),
        form(" in hex", text -> HexFormat.of().withUpperCase().formatHex(text.getBytes(UTF_8))),
        form(" in UTF-16", text -> new String(text.getBytes(UTF_16LE), ISO_8859_1)));
  }

  private static Arguments form(String name, UnaryOperator<String> writer) {
    return Arguments.of(name, writer);
  }

  @ParameterizedTest
  @MethodSource("forms")
  void findsEachForm(String name, UnaryOperator<String> writer) {
    var found = "here has one" + name;

    assertThat(SEARCH.in("here", "before " + writer.apply(SECRET) + " after"))
        .containsExactly(found);
    assertThat(SEARCH.in("here", writer.apply(SECRET))).containsExactly(found);
    assertThat(SEARCH.in("here", writer.apply(SECRET.substring(1)))).isEmpty();
  }

  @Test
  void findsBase64WhereverItBegins() {
    for (var encoder :
        List.of(
            Base64.getEncoder(),
            Base64.getUrlEncoder(),
            Base64.getEncoder().withoutPadding(),
            Base64.getUrlEncoder().withoutPadding())) {
      for (var before = 0; before < 7; before++) {
        for (var after = 0; after < 4; after++) {
          var text = "u".repeat(before) + SECRET + ":".repeat(after);
          assertThat(SEARCH.in("here", encoder.encodeToString(text.getBytes(UTF_8))))
              .as(before + " characters before, " + after + " after")
              .containsExactly("here has one in base64");
        }
      }
    }
    var bytes = ("u" + SECRET).getBytes(UTF_8);
    assertThat(Base64.getEncoder().encodeToString(bytes)).as("the odd digits").contains("/", "+");
  }

  @Test
  void findsWhatIsPackedAlsoWhenItsEndIsMissing() throws IOException {
    var body = "{\"key\":\"" + new String(SECRET.getBytes(UTF_8), ISO_8859_1) + "\"}";
    // Behind noise it would not be packed at all, but stored.
    var packed = packed(body + letters(new Random(1), 100_000));

    for (var text : List.of(packed, "before " + packed, packed.substring(0, packed.length() / 2))) {
      assertThat(SEARCH.in("here", text)).containsExactly("here (gzip'd) has one");
    }
    assertThat(packed).doesNotContain(body);
    assertThat(SEARCH.in("here", packed(noise(10_000)))).isEmpty();
    assertThat(SEARCH.in("here", "\u001f\u008b\b".repeat(100))).isEmpty();
  }

  @Test
  void findsWhatLiesOverTheEdgeOfAPiece() throws IOException {
    var base64 = Base64.getEncoder().encodeToString(SECRET.getBytes(UTF_8));
    for (var edge : List.of(base64, packed(SECRET))) {
      var file = folder.resolve("file");
      Files.writeString(
          file, "x".repeat((1 << 20) - edge.length() / 2) + edge + "y".repeat(1000), ISO_8859_1);

      assertThat(SEARCH.inFiles(folder)).singleElement().asString().contains(file + "", "one");
    }
  }

  @Test
  void findsNothingInNoise() {
    assertThat(SEARCH.in("here", noise(3_000_000))).isEmpty();
    assertThat(SecretSearch.of(Map.of()).in("here", SECRET)).isEmpty();
  }

  /** Beginnings that many of them share, and texts that end too early. */
  @Test
  void findsAsASimpleSearchDoes() {
    var random = new Random(4711);
    for (var round = 0; round < 2_000; round++) {
      var texts =
          IntStream.range(0, 1 + random.nextInt(8))
              .mapToObj(_ -> letters(random, 3 + random.nextInt(4)))
              .collect(Collectors.toSet());
      var text = letters(random, random.nextInt(60));

      assertThat(new Needles(texts).in(text))
          .as(texts + " in " + text)
          .containsExactlyInAnyOrderElementsOf(texts.stream().filter(text::contains).toList());
    }
  }

  private static String letters(Random random, int length) {
    return random
        .ints(length, 'a', 'c' + 1)
        .mapToObj(Character::toString)
        .collect(Collectors.joining());
  }

  private static String noise(int length) {
    var bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return new String(bytes, ISO_8859_1);
  }

  private static String packed(String text) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(bytes)) {
      out.write(text.getBytes(ISO_8859_1));
    }
    return bytes.toString(ISO_8859_1);
  }

  private static String json(JsonMapper mapper, String text) {
    try {
      return mapper.writeValueAsString(Map.of("key", text));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String escaped(String text, String form) {
    return text.chars().mapToObj(form::formatted).collect(Collectors.joining());
  }

  private static String percent(String text, String form) {
    var all = new StringBuilder();
    for (var b : text.getBytes(UTF_8)) {
      all.append(form.formatted(b & 0xff));
    }
    return all.toString();
  }
}
