package dev.ash.node.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class CollectedTextTest {
  private static String collect(byte[] bytes, int part) {
    var text = new CollectedText();
    for (var at = 0; at < bytes.length; at += part) {
      text.add(ByteBuffer.wrap(bytes, at, Math.min(part, bytes.length - at)));
    }
    assertThat(text.size()).isEqualTo(bytes.length);
    return text.finish();
  }

  @Test
  void joinsCharactersThatWereSplit() {
    var text = "aü€😀".repeat(20_000);

    for (var part : new int[] {1, 3, 7, 16 << 10, 1 << 20}) {
      assertThat(collect(text.getBytes(StandardCharsets.UTF_8), part)).isEqualTo(text);
    }
  }

  @Test
  void replacesWhatIsNoUtf8AsTheWholeWouldBe() {
    var bytes = new byte[100_000];
    new Random(7).nextBytes(bytes);

    assertThat(collect(bytes, 1000)).isEqualTo(new String(bytes, StandardCharsets.UTF_8));
  }

  @Test
  void isEmptyWithoutParts() {
    assertThat(collect(new byte[0], 1)).isEmpty();
  }
}
