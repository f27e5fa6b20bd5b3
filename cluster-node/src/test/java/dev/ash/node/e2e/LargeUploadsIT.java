package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.protocol.id.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Files that are larger, all together, than the memory of the node that takes and gives them. */
@Tag("soak")
@Timeout(180)
final class LargeUploadsIT {
  private static final int CLIENTS = 6;
  private static final int LINES = 36 * 1024;

  /** Divides by three, so that lines in base64 make one text. */
  private static final int LINE = 1023;

  private static final byte[] HEAD = ascii("{\"filename\":\"large.bin\",\"content\":\"");
  private static final byte[] TAIL = ascii("\"}");

  /** What went there and what came back. */
  private record Digests(String sent, String got) {}

  @Test
  void manyAtOnceLieInNoMemory() throws Exception {
    var settings = Map.of("ASH_MAX_ATTACHMENT_SIZE", Integer.toString(100 << 20));
    try (var node = StartedNode.start(settings, List.of("-Xmx160m"));
        var threads = Executors.newVirtualThreadPerTaskExecutor();
        var http = HttpClient.newHttpClient()) {
      var client = node.client();
      var agent = AgentFolders.plain(client, "large");
      var all = new ArrayList<Future<Digests>>();
      for (var i = 0; i < CLIENTS; i++) {
        var seed = i;
        var session = client.createSession(agent);
        all.add(
            threads.submit(
                () -> new Digests(sent(seed), got(http, node, attach(http, node, session, seed)))));
      }
      for (var one : all) {
        assertThat(one.get().got()).isEqualTo(one.get().sent());
      }
      assertThat(node.output()).doesNotContain("OutOfMemory");
      assertThat(node.isAlive()).isTrue();
    }
  }

  private static String attach(HttpClient http, StartedNode node, String session, long seed)
      throws IOException, InterruptedException {
    Iterable<byte[]> body =
        () ->
            Stream.concat(
                    Stream.of(HEAD),
                    Stream.concat(
                        lines(seed).map(line -> Base64.getEncoder().encode(line)), Stream.of(TAIL)))
                .iterator();
    var unannounced = BodyPublishers.ofByteArrays(body);
    var announced =
        BodyPublishers.fromPublisher(
            unannounced, HEAD.length + TAIL.length + (long) LINES * LINE / 3 * 4);
    var answer =
        http.send(
            request(node, "/api/sessions/" + session + "/attachments")
                .header("Content-Type", "application/json")
                .POST(seed % 2 == 0 ? unannounced : announced)
                .build(),
            BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    var attachment = StrictClient.json(answer.body()).get("attachment");
    assertThat(attachment.get("size").asLong()).isEqualTo((long) LINES * LINE);
    return attachment.get("id").asText();
  }

  private static String got(HttpClient http, StartedNode node, String id)
      throws IOException, InterruptedException {
    var answer =
        http.send(request(node, "/api/attachments/" + id).build(), BodyHandlers.ofInputStream());
    assertThat(answer.statusCode()).isEqualTo(200);
    try (InputStream content = answer.body()) {
      return Digest.of(content).hex();
    }
  }

  private static String sent(long seed) {
    var hash = Digest.sha256();
    lines(seed).forEachOrdered(hash::update);
    return Digest.of(hash).hex();
  }

  private static Stream<byte[]> lines(long seed) {
    var random = new SplittableRandom(seed);
    return Stream.generate(
            () -> {
              var line = new byte[LINE];
              random.nextBytes(line);
              return line;
            })
        .limit(LINES);
  }

  private static HttpRequest.Builder request(StartedNode node, String path) {
    return HttpRequest.newBuilder(URI.create(node.url() + path))
        .header("Authorization", "Bearer " + node.key());
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
