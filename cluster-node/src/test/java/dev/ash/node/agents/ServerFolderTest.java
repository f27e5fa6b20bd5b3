package dev.ash.node.agents;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.config.NodeConfig;
import dev.ash.node.bridge.Bridge.Kind;
import dev.ash.node.workspace.StoredWorkspaces;
import dev.ash.node.workspace.Workspaces;
import dev.ash.node.workspace.Workspaces.Entry;
import dev.ash.persistence.blob.FolderBlobStore;
import dev.ash.protocol.session.Rejection.Code;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ServerFolderTest {
  private static final String NO_AGENT = "Agent directory must contain CLAUDE.md";

  @TempDir private Path base;
  private Path dataDir;
  private Path agent;
  private Workspaces workspaces;

  @BeforeEach
  void makeFolders() throws IOException {
    dataDir = Files.createDirectory(base.resolve("data"));
    agent = Files.createDirectory(base.resolve("agent"));
    Files.writeString(agent.resolve("CLAUDE.md"), "Be kind.");
    var blobs =
        FolderBlobStore.open(dataDir.resolve("blobs"), InstantSource.system(), UUID::randomUUID);
    workspaces = new StoredWorkspaces(blobs, NodeConfig.from(NodeConfig.load(Map.of())).sandbox());
  }

  @Test
  void copiesFilesFoldersModesAndInnerLinks() throws Exception {
    Files.createDirectories(agent.resolve(".claude/hooks"));
    var hook = Files.writeString(agent.resolve(".claude/hooks/stop.sh"), "#!/bin/sh");
    Files.setPosixFilePermissions(hook, PosixFilePermissions.fromString("rwxr-x---"));
    Files.createSymbolicLink(agent.resolve("AGENTS.md"), Path.of("CLAUDE.md"));
    Files.createSymbolicLink(agent.resolve(".claude/up"), Path.of("../CLAUDE.md"));

    var entries = copied(agent);

    assertThat(entries)
        .extracting(Entry::path)
        .containsExactly(
            ".claude",
            ".claude/hooks",
            ".claude/hooks/stop.sh",
            ".claude/up",
            "AGENTS.md",
            "CLAUDE.md");
    assertThat(entries.get(2).mode()).isEqualTo(0750);
    assertThat(entries.get(2).modified()).isEqualTo(Files.getLastModifiedTime(hook).toInstant());
    assertThat(entries.get(3).target()).contains("../CLAUDE.md");
    var folder = new AgentFolder(entries);
    assertThat(folder.file("AGENTS.md")).contains(entries.get(5));
    assertThat(folder.file(".claude/up")).contains(entries.get(5));
  }

  @Test
  void laterChangesOfTheFolderDoNotReachTheCopy() throws Exception {
    var manifest = ServerFolder.copy(workspaces, agent, dataDir);
    Files.writeString(agent.resolve("CLAUDE.md"), "Be cruel.");

    var blob = workspaces.list(manifest).getFirst().blob().orElseThrow();

    try (var content = workspaces.open(blob)) {
      assertThat(content).hasContent("Be kind.");
    }
  }

  @Test
  void saysTheSameOfEverythingThatIsNoAgent() throws Exception {
    var empty = Files.createDirectory(base.resolve("empty"));
    var noFile = Files.createDirectories(base.resolve("folder/CLAUDE.md")).getParent();
    var file = Files.writeString(base.resolve("file"), "");
    var outside = Files.createDirectory(base.resolve("outside"));
    var loop = Files.createSymbolicLink(base.resolve("loop"), Path.of("loop"));
    Files.createSymbolicLink(outside.resolve("CLAUDE.md"), Path.of("nothing"));

    for (var folder : List.of(empty, noFile, file, outside, loop, base.resolve("missing"))) {
      assertRefused(folder, NO_AGENT);
    }
  }

  @Test
  void takesInstructionsThatAreALinkToAFileOfTheFolder() throws Exception {
    Files.move(agent.resolve("CLAUDE.md"), agent.resolve("AGENTS.md"));
    Files.createSymbolicLink(agent.resolve("CLAUDE.md"), Path.of("AGENTS.md"));

    assertThat(copied(agent)).hasSize(2);
  }

  @Test
  void refusesLinksThatLeaveTheFolder() throws Exception {
    var secret = Files.writeString(base.resolve("secret"), "secret");
    for (var target : List.of(secret.toString(), "../secret", "a/../../secret", "/")) {
      var link = Files.createSymbolicLink(agent.resolve("link"), Path.of(target));

      assertRefused(agent, "Link \"link\" points outside the agent directory");

      Files.delete(link);
    }
  }

  @Test
  void refusesWhatIsNoFileWithoutOpeningIt() throws Exception {
    var fifo = agent.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor(10, TimeUnit.SECONDS))
        .isTrue();
    assertRefused(agent, "\"pipe\" is not a regular file");
    Files.delete(fifo);

    try (var socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      socket.bind(UnixDomainSocketAddress.of(agent.resolve("s")));
      assertRefused(agent, "\"s\" is not a regular file");
    }
  }

  @Test
  void refusesTheServersOwnFilesHoweverTheyAreNamed() throws Exception {
    Files.writeString(dataDir.resolve("CLAUDE.md"), "x");
    Files.writeString(base.resolve("CLAUDE.md"), "x");
    var inside = Files.createDirectories(dataDir.resolve("sandboxes/one"));
    Files.writeString(inside.resolve("CLAUDE.md"), "x");
    var agents = Files.createDirectory(dataDir.resolve("agents"));
    Files.writeString(agents.resolve("CLAUDE.md"), "x");
    var link = Files.createSymbolicLink(base.resolve("link"), inside);

    for (var folder :
        List.of(dataDir, inside, link, base, agents, agents.resolve("../sandboxes/one"))) {
      assertThatThrownBy(() -> ServerFolder.copy(workspaces, folder, dataDir))
          .as(folder.toString())
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("must not hold the server's own data");
    }
  }

  @Test
  void takesAFolderOfTheDataDirectorysAgents() throws Exception {
    var own = Files.createDirectories(dataDir.resolve("agents/mine"));
    Files.writeString(own.resolve("CLAUDE.md"), "x");

    assertThat(copied(own)).hasSize(1);
  }

  @Test
  void refusesTooManyBytesWithoutReadingThem() throws Exception {
    try (var sparse = new RandomAccessFile(agent.resolve("huge").toFile(), "rw")) {
      sparse.setLength(1L << 40);
    }

    assertThatThrownBy(() -> ServerFolder.copy(workspaces, agent, dataDir))
        .isInstanceOfSatisfying(
            RefusedException.class, e -> assertThat(e.why().code()).isEqualTo(Code.TOO_LARGE));
  }

  @Test
  void refusesTreesThatAreTooDeep() throws Exception {
    Files.createDirectories(agent.resolve("d/".repeat(120)));

    assertThatThrownBy(() -> ServerFolder.copy(workspaces, agent, dataDir))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("nested too deeply (max 100)");
  }

  @Test
  void takesOddNamesAndRefusesThoseThatAreNoText() throws Exception {
    for (var name : List.of(" ", "-rf", "a\nb", "a\\b", "ä", "..c", "*")) {
      Files.writeString(agent.resolve(name), name);
    }
    assertThat(copied(agent)).hasSize(8);

    var script = "touch \"$0/$(printf 'bad\\377name')\"";
    var touch = new ProcessBuilder("sh", "-c", script, agent.toString()).start();
    assertThat(touch.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThatThrownBy(() -> ServerFolder.copy(workspaces, agent, dataDir))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("is not a valid file name");
  }

  /** The secret lies where the folder's own file would be if its parent were a link. */
  @Test
  void neverReadsThroughALinkThatAppearsMeanwhile() throws Exception {
    var secrets = Files.createDirectory(base.resolve("secrets"));
    for (var i = 0; i < 20; i++) {
      Files.writeString(secrets.resolve("f" + i), "secret");
      Files.createDirectories(agent.resolve("d" + i));
      Files.writeString(agent.resolve("d" + i + "/f" + i), "public");
    }
    var stop = new AtomicBoolean();
    var swapper = Thread.ofPlatform().start(() -> swapForEver(secrets, stop));
    try {
      for (var round = 0; round < 15; round++) {
        copyAndLookForSecrets();
      }
    } finally {
      stop.set(true);
      swapper.join();
    }
  }

  private void swapForEver(Path secrets, AtomicBoolean stop) {
    try {
      while (!stop.get()) {
        for (var i = 0; i < 20 && !stop.get(); i++) {
          var folder = agent.resolve("d" + i);
          var aside = base.resolve("aside");
          Files.move(folder, aside);
          Files.createSymbolicLink(folder, secrets);
          Files.delete(folder);
          Files.move(aside, folder);
        }
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void copyAndLookForSecrets() throws IOException {
    try {
      for (var entry : copied(agent)) {
        if (entry.kind() == Kind.FILE) {
          try (var content = workspaces.open(entry.blob().orElseThrow())) {
            assertThat(new String(content.readAllBytes(), ISO_8859_1)).doesNotContain("secret");
          }
        }
      }
    } catch (RefusedException e) {
      assertThat(e).hasMessageContaining("points outside");
    }
  }

  private List<Entry> copied(Path folder) throws IOException, RefusedException {
    return workspaces.list(ServerFolder.copy(workspaces, folder, dataDir));
  }

  private void assertRefused(Path folder, String detail) {
    assertThatThrownBy(() -> ServerFolder.copy(workspaces, folder, dataDir))
        .as(folder.toString())
        .isInstanceOf(RefusedException.class)
        .hasMessage(detail);
  }
}
