package dev.ash.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The image cannot be built where no base image can be had; what goes into it is tried here. */
@Timeout(180)
final class ContainerTest {
  private static final String DOCKERFILE = "deploy/container/Dockerfile";
  private static final Pattern COPY = Pattern.compile("(?m)^COPY ([^-\\s]\\S*) (\\S+)$");

  private static final String USER = "10001";

  @TempDir private Path image = Path.of("");

  @Test
  void whatIsCopiedIsThereAndIsLetInByTheIgnoreFile() throws IOException {
    var let =
        Repository.text(DOCKERFILE + ".dockerignore")
            .lines()
            .filter(line -> line.startsWith("!"))
            .map(
                line ->
                    Pattern.compile(line.substring(1).replace(".", "\\.").replace("*", "[^/]*")))
            .toList();
    for (var source : sources()) {
      assertThat(let).as(source).anyMatch(pattern -> pattern.matcher(source).matches());
      if (!source.contains("/target/")) {
        assertThat(Repository.ROOT.resolve(source)).exists();
      }
    }
    assertThat(sources()).hasSizeGreaterThan(4);
  }

  @Test
  void theImageRunsAsTheUserOfTheChart() throws IOException {
    var values = Repository.documents(Repository.text("deploy/helm/ash/values.yaml")).getFirst();
    assertThat(values.at("/podSecurityContext/runAsUser").asText()).isEqualTo(USER);
    assertThat(values.at("/podSecurityContext/runAsGroup").asText()).isEqualTo(USER);
    assertThat(Repository.text(DOCKERFILE))
        .contains("USER " + USER + ":" + USER + "\n")
        .contains("ENTRYPOINT [\"tini\", \"--\", \"/opt/ash/ash\", \"start\", \"--foreground\"]");
  }

  @Test
  @Tag("soak")
  void aNodeRunsFromTheCopiedFilesAloneAndMakesSandboxes() throws Exception {
    assemble();
    var port = freePort();
    var data = Files.createDirectory(image.resolve("data"));
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    assumeTrue(
        runs(data, java, "-version"), "the image's user may not execute this machine's " + java);
    var log = image.resolve("log");
    var line = new ArrayList<>(asTheImagesUser(data));
    line.addAll(List.of(image.resolve("opt/ash").toString(), "start", "--foreground"));
    var builder = new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile());
    var environment = builder.environment();
    environment.keySet().removeIf(name -> name.matches("(ASH|ANTHROPIC|CLAUDE|VAULT)_.*"));
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put("ASH_BUILD", "never");
    environment.put("ASH_TOOLS", image.resolve("tools").toString());
    environment.put("ASH_DATA_DIR", data.toString());
    environment.put("ASH_PORT", Integer.toString(port));
    environment.put("ASH_HOST", "127.0.0.1");
    environment.put("ASH_MANAGEMENT_PORT", "0");
    environment.put("ASH_REMOTING_PORT", "0");
    var node = builder.start();
    try {
      isHealthy(node, port, log, canMakeUserNamespaces(data));

      node.destroy();

      assertThat(node.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(node.exitValue()).as(Files.readString(log)).isZero();
      assertThat(data.resolve("ash.db")).exists();
    } finally {
      node.descendants().forEach(ProcessHandle::destroyForcibly);
      node.destroyForcibly();
    }
  }

  private static void isHealthy(Process node, int port, Path log, boolean withSandboxes)
      throws IOException {
    var health =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/health"))
            .timeout(Duration.ofSeconds(5))
            .build();
    try (var client = HttpClient.newHttpClient()) {
      try {
        Awaitility.await()
            .atMost(Duration.ofSeconds(90))
            .ignoreExceptions()
            .until(
                () ->
                    !node.isAlive()
                        || client.send(health, BodyHandlers.ofString()).statusCode() == 200);
        assertThat(node.isAlive()).as(Files.readString(log)).isTrue();
        if (withSandboxes) {
          Awaitility.await()
              .atMost(Duration.ofSeconds(30))
              .until(
                  () ->
                      client
                          .send(health, BodyHandlers.ofString())
                          .body()
                          .contains("\"isolation\":\"bwrap\""));
        }
      } catch (Exception | AssertionError e) {
        // The client would wait for an answer that is on its way.
        node.destroyForcibly();
        throw e;
      }
    }
  }

  /** Words before a command; root alone can become another user. */
  private List<String> asTheImagesUser(Path data) throws Exception {
    if (!"root".equals(System.getProperty("user.name"))) {
      return List.of();
    }
    assertThat(Helm.run(image, List.of("chmod", "755", image.toString())).code()).isZero();
    assertThat(Helm.run(image, List.of("chown", USER + ":" + USER, data.toString())).code())
        .isZero();
    return List.of(
        "setpriv",
        "--reuid=" + USER,
        "--regid=" + USER,
        "--clear-groups",
        "--no-new-privs",
        "--bounding-set=-all");
  }

  /**
   * What the chart's default isolation gives a container: no root, no capability, but namespaces,
   * and a {@code /proc} of one's own in them, as bubblewrap needs it.
   */
  private boolean canMakeUserNamespaces(Path data) throws Exception {
    return runs(
        data,
        "unshare",
        "--user",
        "--map-root-user",
        "--mount",
        "--pid",
        "--fork",
        "--mount-proc",
        "true");
  }

  private boolean runs(Path data, String... command) throws Exception {
    var line = new ArrayList<>(asTheImagesUser(data));
    line.addAll(List.of(command));
    return Helm.run(image, line).code() == 0;
  }

  /** As the second stage does: every COPY of the repository's own, into its working directory. */
  private void assemble() throws Exception {
    var folder = Files.createDirectories(image.resolve("opt"));
    for (var source : sources()) {
      var from = Repository.ROOT.resolve(source);
      assumeTrue(Files.exists(from), source + " is not built: ./ash build");
      var to = folder.resolve(source);
      Files.createDirectories(to.getParent());
      if (!Files.exists(to)) {
        // Links where they can be made, as the libraries are large. A folder that was begun so is
        // gone on with: without -T, the copy would be put inside it.
        assertThat(copied("-al", from, to) || copied("-a", from, to)).as(source).isTrue();
      }
    }
  }

  private boolean copied(String how, Path from, Path to) throws Exception {
    return Helm.run(image, List.of("cp", how, "-T", from.toString(), to.toString())).code() == 0;
  }

  @Test
  void whatABuilderKeepsToHimselfIsReadableInTheImage() throws Exception {
    var command = Pattern.compile("(?m)^RUN (find .* -exec chmod .*)$");
    var matcher = command.matcher(Repository.text(DOCKERFILE));
    assertThat(matcher.find()).isTrue();
    var opened = image.resolve("ash");
    var folder = Files.createDirectories(opened.resolve("lib"), mode("rwx------"));
    var text = Files.createFile(folder.resolve("text"), mode("rw-------"));
    var program = Files.createFile(folder.resolve("program"), mode("rwxr--r--"));
    var line =
        matcher.group(1).replace("/opt/ash", opened.toString()).replace("/opt/tools", folder + "");

    assertThat(Helm.run(image, List.of("sh", "-c", line)).code()).isZero();

    assertThat(Files.getPosixFilePermissions(folder))
        .isEqualTo(PosixFilePermissions.fromString("rwxr-xr-x"));
    assertThat(Files.getPosixFilePermissions(text))
        .isEqualTo(PosixFilePermissions.fromString("rw-r--r--"));
    assertThat(Files.getPosixFilePermissions(program))
        .isEqualTo(PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static FileAttribute<Set<PosixFilePermission>> mode(String mode) {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode));
  }

  private static List<String> sources() throws IOException {
    var sources = new ArrayList<String>();
    var matcher = COPY.matcher(Repository.text(DOCKERFILE));
    while (matcher.find()) {
      assertThat(matcher.group(2)).isEqualTo(matcher.group(1));
      sources.add(matcher.group(1));
    }
    return sources;
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
