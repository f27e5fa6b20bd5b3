package dev.ash.node.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Workspaces as one file (contract 2.9), from running sandboxes and from what was saved. */
@ExtendWith(SharedNode.class)
final class BundlesIT {
  private final StrictClient client;
  private final String agent;
  private final String id;
  private final String url;

  BundlesIT(StrictClient client) {
    this.client = client;
    this.agent = AgentFolders.plain(client, "bundles");
    this.id = client.createSession(agent);
    this.url = "/api/sessions/" + id + "/workspace";
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aBundleHoldsTheFilesAndNoSecrets(boolean live) throws IOException {
    client.exec(
        id,
        "mkdir -p src node_modules .git && echo run > src/run.sh && chmod 755 src/run.sh"
            + " && ln -s src/run.sh short && ln -s /etc/passwd out && ln -s src folder"
            + " && echo s > .env && echo s > src/.env.local && touch node_modules/m .git/g");
    if (!live) {
      client.post("/api/sessions/" + id + "/stop").expect(200);
    }

    var answer = client.get(url).expect(200);

    assertThat(answer.header("content-type")).isEqualTo("application/gzip");
    assertThat(answer.header("content-disposition"))
        .isEqualTo("attachment; filename=\"" + id + ".tar.gz\"");
    var files = unpacked(answer.bytes());
    assertThat(files.keySet()).containsExactly("./CLAUDE.md", "./short", "./src/run.sh");
    assertThat(files.get("./short")).isEqualTo("run\n");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aBundleGoesOverAnotherSessionsFiles(boolean live) {
    client.exec(id, "mkdir d && echo one > d/one && echo x > run && chmod 755 run");
    var bundle = Base64.getEncoder().encodeToString(client.get(url).expect(200).bytes());
    var other = client.createSession(agent);
    client.exec(other, "mkdir d; echo two > d/two; echo old > d/one; ln -s / run");
    if (!live) {
      client.post("/api/sessions/" + other + "/stop").expect(200);
    }

    var answer = client.post("/api/sessions/" + other + "/workspace", body(bundle)).expect(200);

    assertThat(answer.json().get("message").asText())
        .isEqualTo(live ? "Workspace restored to live sandbox" : "Workspace saved as snapshot");
    if (!live) {
      client.post("/api/sessions/" + other + "/resume").expect(200);
    }
    var seen = client.exec(other, "cat d/one d/two; test -x run && test -f run && echo ok; ls -A");
    assertThat(seen.get("stdout").asText()).startsWith("one\ntwo\nok\n");
    client.exec(other, "test ! -e tmp/.ash* && echo gone");
  }

  @Test
  void aHostileBundleIsRefusedAndChangesNothing() throws IOException {
    client.exec(id, "echo before > file");
    for (var path : new String[] {"../evil", "/tmp/ash-evil-bundle", "a/../../evil"}) {
      var answer = client.post(url, body(packed(Map.of("file", "after", path, "x")))).expect(400);
      assertThat(answer.text())
          .isEqualTo(
              "{\"error\":\"Invalid bundle: path \\\"%s\\\" (expected: one inside the workspace)\","
                      .formatted(path)
                  + "\"statusCode\":400}");
    }
    assertThat(client.exec(id, "cat file").get("stdout").asText()).isEqualTo("before\n");
    assertThat(client.post(url, body("H4sIAAAA")).expect(400).text()).contains("Invalid bundle");
    assertThat(
            client
                .get("/api/sessions/" + "00000000-0000-4000-8000-000000000000" + "/workspace")
                .status())
        .isEqualTo(404);
  }

  private static String body(String base64) {
    return StrictClient.object().put("bundle", base64).toString();
  }

  private static Map<String, String> unpacked(byte[] bundle) throws IOException {
    var files = new TreeMap<String, String>();
    try (var tar =
        new TarArchiveInputStream(new GZIPInputStream(new ByteArrayInputStream(bundle)))) {
      for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        files.put(entry.getName(), new String(tar.readAllBytes(), UTF_8));
      }
    }
    return files;
  }

  private static String packed(Map<String, String> files) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes))) {
      for (var file : files.entrySet()) {
        var entry = new TarArchiveEntry(file.getKey(), TarConstants.LF_NORMAL, true);
        entry.setSize(file.getValue().length());
        tar.putArchiveEntry(entry);
        tar.write(file.getValue().getBytes(UTF_8));
        tar.closeArchiveEntry();
      }
    }
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }
}
