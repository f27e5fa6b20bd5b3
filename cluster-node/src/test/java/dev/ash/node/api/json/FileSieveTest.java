package dev.ash.node.api.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.random.RandomGenerator;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.Test;

final class FileSieveTest {
  private static final String UPLOAD =
      "{\"a\":{\"files\":[{\"content\":\"AAAA\"}]},\"files\":[{\"path\":\"\\\"}]x\",\"content\":\"aGVsbG8=\"},"
          + "{\"content\":\"\\/\\/8\\u003d\",\"path\":\"é\",\"deep\":[{\"content\":\"BBBB\"}]},"
          + "{\"content\":{\"content\":\"CCCC\"}},\"content\"],\"content\":\"DDDD\"}";

  private static FileSieve.Sifted sift(String json, int step) {
    var bytes = ByteString.fromString(json);
    var sieve = new FileSieve(FileSieve.Contents.files(500, 1000, 1500));
    for (var i = 0; i < bytes.size(); i += step) {
      sieve.add(bytes.slice(i, Math.min(bytes.size(), i + step)));
    }
    return sieve.finish().orElseThrow();
  }

  @Test
  void takesOutContentsOfFilesAndNothingElseHoweverTheyArrive() {
    for (var step : new int[] {1, 2, 3, 7, 1000}) {
      var sifted = sift(UPLOAD, step);

      assertThat(sifted.json().utf8String())
          .isEqualTo(
              UPLOAD
                  .replace("aGVsbG8=", "\\u0000file:0")
                  .replace("\\/\\/8\\u003d", "\\u0000file:1"));
      assertThat(sifted.files())
          .containsExactly(
              new Base64Text.Decoded(5, ByteString.fromString("hello")),
              new Base64Text.Decoded(2, ByteString.fromArray(new byte[] {-1, -1})));
      var files = JsonText.parse(sifted.json()).orElseThrow().path("files");
      assertThat(sifted.content(files.get(1).path("content").asText()).orElseThrow().size())
          .isEqualTo(2);
    }
  }

  @Test
  void countsWhatIsOverItsBoundWithoutKeepingIt() {
    var large = Base64.getEncoder().encodeToString(new byte[1001]);
    var fits = Base64.getEncoder().encodeToString(new byte[900]);
    var sifted =
        sift(
            "{\"files\":[{\"content\":\""
                + large
                + "\"},{\"content\":\""
                + fits
                + "\"},{\"content\":\""
                + fits
                + "\"},{\"content\":\"YQ\"}]}",
            4096);

    assertThat(sifted.files().stream().map(Base64Text.Decoded::size))
        .containsExactly(1001L, 900L, 900L, 1L);
    assertThat(sifted.files().stream().map(f -> f.bytes().size())).containsExactly(0, 900, 0, 1);
  }

  @Test
  void decodesWhatEverySenderSends() {
    var bytes = new byte[1000];
    RandomGenerator.of("L64X128MixRandom").nextBytes(bytes);
    var expected = ByteString.fromArray(bytes);

    assertThat(Base64Text.decoded(Base64.getEncoder().encodeToString(bytes)).bytes())
        .isEqualTo(expected);
    assertThat(Base64Text.decoded(Base64.getUrlEncoder().encodeToString(bytes)).bytes())
        .isEqualTo(expected);
    assertThat(Base64Text.decoded(Base64.getMimeEncoder().encodeToString(bytes)).bytes())
        .isEqualTo(expected);
    assertThat(
            Base64Text.decoded(Base64.getEncoder().withoutPadding().encodeToString(bytes)).bytes())
        .isEqualTo(expected);
    assertThat(Base64Text.decoded("aGk=aGk=").bytes().utf8String()).isEqualTo("hi");
  }

  @Test
  void survivesAnyBytes() {
    var random = RandomGenerator.of("L64X128MixRandom");
    var alphabet = "{}[]\",:\\ufiles\"content\"ab0 \n".getBytes(StandardCharsets.UTF_8);
    for (var round = 0; round < 2000; round++) {
      var sieve = new FileSieve(FileSieve.Contents.files(500, 10, 20));
      for (var i = 0; i < 200; i++) {
        sieve.add(ByteString.fromArray(new byte[] {alphabet[random.nextInt(alphabet.length)]}));
      }
      sieve.finish().ifPresent(sifted -> assertThat(sifted.files()).hasSizeLessThan(200));
    }
  }
}
