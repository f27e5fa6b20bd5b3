package dev.ash.protocol.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The wire form of every frame. A file here is added, never edited: both ends speak it. */
final class FrameGoldenTest {
  /** Where a frame's name is not the type's. */
  private static final Map<String, String> NAMES = Map.of("list-files", "list");

  @TestFactory
  Stream<DynamicTest> nodeFramesHaveTheirGoldenForm() {
    return FrameExamples.NODE.entrySet().stream()
        .map(
            example ->
                DynamicTest.dynamicTest(
                    example.getKey(),
                    () -> {
                      var golden = golden("node", example.getKey());
                      assertThat(text(FrameCodec.encode(example.getValue())))
                          .isEqualTo(golden + "\n");
                      assertThat(
                              FrameCodec.decodeNodeFrame(golden.getBytes(StandardCharsets.UTF_8)))
                          .isEqualTo(example.getValue());
                    }));
  }

  @TestFactory
  Stream<DynamicTest> bridgeFramesHaveTheirGoldenForm() {
    return FrameExamples.BRIDGE.entrySet().stream()
        .map(
            example ->
                DynamicTest.dynamicTest(
                    example.getKey(),
                    () -> {
                      var golden = golden("bridge", example.getKey());
                      assertThat(text(FrameCodec.encode(example.getValue())))
                          .isEqualTo(golden + "\n");
                      assertThat(
                              FrameCodec.decodeBridgeFrame(golden.getBytes(StandardCharsets.UTF_8)))
                          .isEqualTo(example.getValue());
                    }));
  }

  @Test
  void everyFrameHasAnExample() {
    assertThat(FrameExamples.NODE.keySet()).isEqualTo(names(NodeFrame.class));
    assertThat(FrameExamples.BRIDGE.keySet()).isEqualTo(names(BridgeFrame.class));
  }

  private static Set<String> names(Class<?> sealed) {
    return Arrays.stream(sealed.getPermittedSubclasses())
        .map(
            type ->
                type.getSimpleName().replaceAll("(?<=.)([A-Z])", "-$1").toLowerCase(Locale.ROOT))
        .map(name -> NAMES.getOrDefault(name, name))
        .collect(Collectors.toSet());
  }

  private static String golden(String end, String name) throws IOException {
    var resource = "/golden/bridge/" + end + "-" + name + ".json";
    try (var in = FrameGoldenTest.class.getResourceAsStream(resource)) {
      assertThat(in).as(resource).isNotNull();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).stripTrailing();
    }
  }

  private static String text(byte[] line) {
    return new String(line, StandardCharsets.UTF_8);
  }
}
