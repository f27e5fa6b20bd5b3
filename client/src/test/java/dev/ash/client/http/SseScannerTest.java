package dev.ash.client.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class SseScannerTest {
  @Test
  void readsIdNameAndData() throws IOException {
    assertThat(scan("id: 4.2\nevent: text_delta\ndata: {\"delta\":\"é\"}\n\n"))
        .containsExactly(new SseItem.Event(Optional.of("4.2"), "text_delta", "{\"delta\":\"é\"}"));
  }

  @Test
  void doesNotCarryAnIdOrNameIntoTheNextEvent() throws IOException {
    assertThat(scan("id: 1.1\nevent: a\ndata: 1\n\ndata: 2\n\nevent: b\ndata: 3\n\n"))
        .containsExactly(
            new SseItem.Event(Optional.of("1.1"), "a", "1"),
            new SseItem.Event(Optional.empty(), "b", "3"));
  }

  @Test
  void ignoresFieldsWithoutTheSpace() throws IOException {
    assertThat(scan("event:a\ndata:1\n\nevent: b\ndata:2\n\n")).isEmpty();
  }

  @Test
  void reportsCommentsAsHeartbeats() throws IOException {
    assertThat(scan(": keep-alive\n\n")).containsExactly(new SseItem.Heartbeat());
  }

  @Test
  void acceptsCarriageReturns() throws IOException {
    assertThat(scan("event: a\r\ndata: 1\r\n\r\n"))
        .containsExactly(new SseItem.Event(Optional.empty(), "a", "1"));
  }

  @Test
  void dropsALineThatWasCutOff() throws IOException {
    assertThat(scan("event: a\ndata: {\"delta\":\"hal")).isEmpty();
  }

  @Test
  void refusesALineWithoutEnd() {
    var scanner =
        new SseScanner(
            new ByteArrayInputStream("data: 0123456789".getBytes(StandardCharsets.UTF_8)), 10);

    assertThatThrownBy(scanner::next).isInstanceOf(IOException.class).hasMessageContaining("10");
  }

  private static List<SseItem> scan(String text) throws IOException {
    var items = new ArrayList<SseItem>();
    try (var scanner =
        new SseScanner(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)))) {
      for (var item = scanner.next(); item.isPresent(); item = scanner.next()) {
        items.add(item.get());
      }
    }
    return items;
  }
}
