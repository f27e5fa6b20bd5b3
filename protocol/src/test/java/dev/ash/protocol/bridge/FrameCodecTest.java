package dev.ash.protocol.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.ash.protocol.bridge.FrameException.Reason;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FrameCodecTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"type\":\"dance\"} | UNKNOWN_TYPE",
        "{} | MISSING_FIELD",
        "{\"type\":\"ready\"} | MISSING_FIELD",
        "{\"type\":\"ready\",\"pid\":1,\"x\":1} | UNKNOWN_FIELD",
        "{\"type\":\"ready\",\"pid\":1,\"pid\":2} | BAD_VALUE",
        "{\"type\":\"ready\",\"pid\":\"1\"} | BAD_VALUE",
        "{\"type\":\"ready\",\"pid\":1.5} | BAD_VALUE",
        "{\"type\":\"ready\",\"pid\":1e3} | BAD_VALUE",
        "{\"type\":\"ready\",\"pid\":null} | BAD_VALUE",
        "{\"type\":\"ready\",\"pid\":-1} | BAD_VALUE",
        "{\"type\":\"ready\",\"pid\":99999999999999999999} | BAD_VALUE",
        "{\"type\":\"ready\",\"pid\":9999999999999999999999999999} | NOT_JSON",
        "{\"type\":\"done\",\"id\":0} | BAD_VALUE",
        "{\"type\":\"done\",\"id\":-7} | BAD_VALUE",
        "{\"type\":\"done\",\"id\":9223372036854775808} | BAD_VALUE",
        "{\"type\":\"data\",\"id\":1,\"data\":\"%%\",\"size\":1,\"last\":true} | BAD_VALUE",
        "{\"type\":\"failed\",\"id\":1,\"kind\":\"MAGIC\",\"message\":\"\"} | BAD_VALUE",
        "{\"type\":\"agent-log\",\"text\":\"\\ud800\"} | BAD_VALUE",
        "{\"type\":\"agent-log\",\"text\":{\"a\":{\"b\":{\"c\":{\"d\":1}}}}} | BAD_VALUE",
        "{\"type\":\"agent-exited\",\"code\":256} | BAD_VALUE",
        "{\"type\":\"ready\",\"pid\":1} {} | NOT_JSON",
        "{\"type\":\"ready\",\"pid\":1 | NOT_JSON",
        "[] | NOT_JSON",
        "'' | NOT_JSON",
      })
  void refusesWhatIsNoFrame(String line, Reason reason) {
    assertThat(refused(line.getBytes(StandardCharsets.UTF_8))).isEqualTo(reason);
  }

  @Test
  void refusesDeepNesting() {
    var deep = "{\"type\":\"agent-log\",\"text\":" + "[".repeat(100_000);
    assertThat(refused(deep.getBytes(StandardCharsets.UTF_8))).isNotNull();
  }

  @Test
  void refusesOtherEncodings() {
    var frame = "{\"type\":\"ready\",\"pid\":1}";
    assertThat(refused(frame.getBytes(StandardCharsets.UTF_16))).isEqualTo(Reason.NOT_UTF8);
    assertThat(refused(frame.getBytes(StandardCharsets.UTF_16LE))).isEqualTo(Reason.NOT_JSON);
    byte[] overlong = "{\"type\":\"agent-log\",\"text\":\"__\"}".getBytes(StandardCharsets.UTF_8);
    overlong[overlong.length - 4] = (byte) 0xC0;
    overlong[overlong.length - 3] = (byte) 0xAF;
    assertThat(refused(overlong)).isEqualTo(Reason.NOT_UTF8);
  }

  @Test
  void refusesDataOverTheBound() {
    var data = ByteBuffer.allocate(FrameLimits.DATA + 1);
    var line = FrameCodec.encode(new BridgeFrame.Data(1, data, 1, true));
    assertThat(refused(line)).isEqualTo(Reason.BAD_VALUE);
  }

  @Test
  void neverThrowsAnythingElseOnRandomBytes() {
    var random = new Random(42);
    for (int i = 0; i < 20_000; i++) {
      var bytes = new byte[random.nextInt(200)];
      random.nextBytes(bytes);
      assertThat(refused(bytes)).isNotNull();
    }
  }

  @Test
  void neverThrowsAnythingElseOnDamagedFrames() {
    var random = new Random(7);
    for (int i = 0; i < 5_000; i++) {
      for (var frame : FrameExamples.BRIDGE.values()) {
        var line = FrameCodec.encode(frame);
        int damage = 1 + random.nextInt(4);
        for (int k = 0; k < damage; k++) {
          line[random.nextInt(line.length)] = (byte) random.nextInt(256);
        }
        try {
          var _ = FrameCodec.decodeBridgeFrame(line);
        } catch (FrameException e) {
          assertThat(e.reason()).isNotNull();
        }
      }
    }
  }

  @Test
  void everyTruncationOfAFrameIsRefused() {
    for (var frame : FrameExamples.BRIDGE.values()) {
      var line = FrameCodec.encode(frame);
      for (int length = 0; length < line.length - 1; length++) {
        assertThat(refused(Arrays.copyOf(line, length))).isNotNull();
      }
    }
  }

  @Test
  void writesHalfASurrogatePairAsAQuestionMark() throws FrameException {
    var line = FrameCodec.encode(new NodeFrame.Line(1, "a\uD800b", true));
    assertThat(FrameCodec.decodeNodeFrame(line)).isEqualTo(new NodeFrame.Line(1, "a?b", true));
  }

  @Test
  void theLargestFramesFit() throws FrameException {
    var worst =
        FrameCodec.encode(new NodeFrame.Line(1, "\u0001".repeat(FrameLimits.LINE_PART), true));
    assertThat(worst.length).isLessThan(FrameLimits.FRAME);
    var data =
        FrameCodec.encode(new BridgeFrame.Data(1, ByteBuffer.allocate(FrameLimits.DATA), 1, true));
    assertThat(data.length).isLessThan(FrameLimits.FRAME);
  }

  @Test
  void valuesNeverPrintTheToken() {
    assertThat(Map.of("a", new NodeFrame.Hello("s3cret", 1, 1)).toString())
        .doesNotContain("s3cret");
  }

  @Test
  void theReaderCutsFramesAndFindsTheEnd() throws Exception {
    var reader = reader("a\nbc\n\n".getBytes(StandardCharsets.UTF_8));
    assertThat(reader.next()).isEqualTo(new byte[] {'a'});
    assertThat(reader.next()).isEqualTo(new byte[] {'b', 'c'});
    assertThat(reader.next()).isEmpty();
    assertThat(reader.next()).isNull();
  }

  @Test
  void theReaderTakesTheLongestFrameAndRefusesALongerOne() throws Exception {
    var longest = new byte[FrameLimits.FRAME + 1];
    longest[FrameLimits.FRAME] = '\n';
    assertThat(reader(longest).next()).hasSize(FrameLimits.FRAME);
    assertThatThrownBy(() -> reader(new byte[FrameLimits.FRAME + 1]).next())
        .isInstanceOfSatisfying(
            FrameException.class, e -> assertThat(e.reason()).isEqualTo(Reason.TOO_LONG));
  }

  @Test
  void theReaderRefusesAFrameThatTheEndCutsShort() {
    assertThatThrownBy(() -> reader(new byte[] {'a'}).next())
        .isInstanceOfSatisfying(
            FrameException.class, e -> assertThat(e.reason()).isEqualTo(Reason.TRUNCATED));
  }

  private static FrameReader reader(byte[] bytes) {
    return new FrameReader(Channels.newChannel(new ByteArrayInputStream(bytes)));
  }

  private static Reason refused(byte[] line) {
    return catchThrowableOfType(FrameException.class, () -> FrameCodec.decodeBridgeFrame(line))
        .reason();
  }
}
