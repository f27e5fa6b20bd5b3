package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Readers that stop reading while much is said. */
@Tag("soak")
final class StalledReadersIT {
  private static final int READERS = 20;
  private static final int MESSAGES = 400;
  private static final int CHUNKS = 128;

  /** 400 messages of 128 KiB. */
  private static final String MUCH =
      "MOCK:{\"messages\":%d,\"chunks\":%d,\"text\":\"%s\"}"
          .formatted(MESSAGES, CHUNKS, "x".repeat(1024));

  @Test
  void theTurnIsNotHeldUpAndTheNodesMemoryIsBounded() throws IOException {
    try (var node = StartedNode.start(Map.of(), List.of("-Xmx256m"))) {
      var client = node.client();
      var id = client.createSession(AgentFolders.plain(client, "much"));
      client.say(id, "hello");
      var readers = new ArrayList<EventStream>();
      try {
        for (var i = 0; i < READERS; i++) {
          var path = "/api/sessions/" + id + "/stream";
          readers.add(EventStream.open(node.url(), node.key(), "GET", path, Map.of(), "", 4096));
        }
        var before = residentMegabytes(node.pid());

        var frames = client.say(id, MUCH);

        assertThat(frames).hasSize(MESSAGES + 4);
        assertThat(node.isAlive()).as(node.output()).isTrue();
        assertThat(residentMegabytes(node.pid()) - before).isLessThan(300);
        assertThat(node.output()).doesNotContain("OutOfMemory");
        // whoever reads on has missed nothing
        var late = readers.getFirst().upTo(frame -> frame.equals(frames.getLast()));
        assertThat(late.subList(late.size() - frames.size(), late.size())).isEqualTo(frames);
      } finally {
        readers.forEach(EventStream::close);
      }
    }
  }

  private static long residentMegabytes(long pid) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) >> 10)
        .findFirst()
        .orElseThrow();
  }
}
