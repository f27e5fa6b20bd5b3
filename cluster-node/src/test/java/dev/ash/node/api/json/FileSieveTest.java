package dev.ash.node.api.json;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.upload.Content;
import dev.ash.node.upload.Uploads;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileSieveTest {
  private static final String UPLOAD =
      "{\"a\":{\"files\":[{\"content\":\"AAAA\"}]},\"files\":[{\"path\":\"\\\"}]x\",\"content\":\"aGVsbG8=\"},"
          + "{\"content\":\"\\/\\/8\\u003d\",\"path\":\"é\",\"deep\":[{\"content\":\"BBBB\"}]},"
          + "{\"content\":{\"content\":\"CCCC\"}},\"content\"],\"content\":\"DDDD\"}";

  @TempDir Path folder;
  private Uploads uploads;

  @BeforeEach
  void open() throws IOException {
    uploads = Uploads.open(folder.resolve("uploads"), 4 << 20, 0, UUID::randomUUID, Runnable::run);
  }

  private FileSieve.Sifted sift(String json, int step) throws IOException {
    var bytes = ByteString.fromString(json);
    var sieve =
        new FileSieve(FileSieve.Contents.files(500, 1000, 1500), uploads.begin(Optional.empty()));
    for (var i = 0; i < bytes.size(); i += step) {
      sieve.add(bytes.slice(i, Math.min(bytes.size(), i + step)));
    }
    return sieve.finish().orElseThrow();
  }

  @Test
  void takesOutContentsOfFilesAndNothingElseHoweverTheyArrive() throws IOException {
    for (var step : new int[] {1, 2, 3, 7, 1000}) {
      var sifted = sift(UPLOAD, step);

      assertThat(sifted.json().utf8String())
          .isEqualTo(
              UPLOAD
                  .replace("aGVsbG8=", "\\u0000file:0")
                  .replace("\\/\\/8\\u003d", "\\u0000file:1"));
      assertThat(sifted.files())
          .containsExactly(
              new Base64Text.Decoded(5, Content.of(ByteString.fromString("hello"))),
              new Base64Text.Decoded(2, Content.of(ByteString.fromArray(new byte[] {-1, -1}))));
      var files = JsonText.parse(sifted.json()).orElseThrow().path("files");
      assertThat(sifted.content(files.get(1).path("content").asText()).orElseThrow().size())
          .isEqualTo(2);
    }
  }

  @Test
  void countsWhatIsOverItsBoundWithoutKeepingIt() throws IOException {
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
    assertThat(sifted.files().stream().map(f -> f.content().size()))
        .containsExactly(0L, 900L, 0L, 1L);
  }

  @Test
  void decodesWhatEverySenderSends() throws IOException {
    var bytes = new byte[1000];
    RandomGenerator.of("L64X128MixRandom").nextBytes(bytes);
    var expected = Content.of(ByteString.fromArray(bytes));

    assertThat(Base64Text.decoded(Base64.getEncoder().encodeToString(bytes)).content())
        .isEqualTo(expected);
    assertThat(Base64Text.decoded(Base64.getUrlEncoder().encodeToString(bytes)).content())
        .isEqualTo(expected);
    assertThat(Base64Text.decoded(Base64.getMimeEncoder().encodeToString(bytes)).content())
        .isEqualTo(expected);
    assertThat(
            Base64Text.decoded(Base64.getEncoder().withoutPadding().encodeToString(bytes))
                .content())
        .isEqualTo(expected);
    assertThat(Base64Text.decoded("aGk=aGk=").content().open()).hasContent("hi");
  }

  @Test
  void keepsLargeContentsOfOneRequestInItsFileAndSmallOnesInMemory() throws IOException {
    var large = new byte[200_000];
    RandomGenerator.of("L64X128MixRandom").nextBytes(large);
    var file = uploads.begin(Optional.empty());
    var sieve = new FileSieve(FileSieve.Contents.files(500, 250_000, 500_000), file);
    var texts =
        new byte[][] {large, new byte[250_001], "small".getBytes(StandardCharsets.UTF_8), large};
    var json = new StringBuilder("{\"files\":[{}");
    for (var bytes : texts) {
      json.append(",{\"content\":\"")
          .append(Base64.getEncoder().encodeToString(bytes))
          .append("\"}");
    }
    sieve.add(ByteString.fromString(json + "]}"));
    var files = sieve.finish().orElseThrow().files();

    assertThat(files.stream().map(Base64Text.Decoded::size))
        .containsExactly(200_000L, 250_001L, 5L, 200_000L);
    assertThat(files.get(0).content().open()).hasBinaryContent(large);
    assertThat(files.get(1).content().open()).isEmpty();
    assertThat(files.get(2).content().open()).hasContent("small");
    assertThat(files.get(3).content().open()).hasBinaryContent(large);
    assertThat(files.get(3).content().part(199_990, 100))
        .isEqualTo(Arrays.copyOfRange(large, 199_990, 200_000));
    assertThat(uploads.taken()).isPositive();
    file.close();
    assertThat(uploads.taken()).isZero();
  }

  @Test
  void survivesAnyBytes() throws IOException {
    var random = RandomGenerator.of("L64X128MixRandom");
    var alphabet = "{}[]\",:\\ufiles\"content\"ab0 \n".getBytes(StandardCharsets.UTF_8);
    for (var round = 0; round < 2000; round++) {
      var sieve =
          new FileSieve(FileSieve.Contents.files(500, 10, 20), uploads.begin(Optional.empty()));
      for (var i = 0; i < 200; i++) {
        sieve.add(ByteString.fromArray(new byte[] {alphabet[random.nextInt(alphabet.length)]}));
      }
      sieve.finish().ifPresent(sifted -> assertThat(sifted.files()).hasSizeLessThan(200));
    }
  }
}
