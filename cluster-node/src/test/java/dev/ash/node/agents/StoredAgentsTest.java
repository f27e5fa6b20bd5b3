package dev.ash.node.agents;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.config.DatabaseConfig.Sqlite;
import dev.ash.config.NodeConfig;
import dev.ash.node.agents.Agents.Agent;
import dev.ash.node.agents.Agents.Deployment;
import dev.ash.node.agents.Agents.FileInfo;
import dev.ash.node.agents.Agents.Outcome;
import dev.ash.node.agents.Agents.UploadedFile;
import dev.ash.node.upload.Content;
import dev.ash.node.workspace.StoredWorkspaces;
import dev.ash.node.workspace.Workspaces;
import dev.ash.persistence.Migrations;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.blob.FolderBlobStore;
import dev.ash.persistence.table.AgentTable;
import dev.ash.persistence.table.IdempotencyTable;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.http.Mismatch;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Rejection;
import dev.ash.protocol.session.Rejection.Code;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StoredAgentsTest {
  private static final TenantId ACME = new TenantId("acme");
  private static final TenantId RIVAL = new TenantId("rival");
  private static final AgentName HELPER = new AgentName("helper");

  private static final IfMatch ANY = new IfMatch.Any();

  @TempDir private Path base;
  private Path dataDir;
  private Instant now = Instant.parse("2026-01-02T03:04:05.678Z");
  private PooledDatabase database;
  private ExecutorService executor;
  private Workspaces workspaces;
  private StoredAgents agents;

  @BeforeEach
  void open() throws IOException {
    dataDir = Files.createDirectory(base.resolve("data"));
    InstantSource clock = () -> now;
    var config = new Sqlite(dataDir.resolve("ash.db"));
    Migrations.run(config, clock);
    database = PooledDatabase.alone(config);
    var blobs = FolderBlobStore.open(dataDir.resolve("blobs"), clock, UUID::randomUUID);
    var sandbox = NodeConfig.from(NodeConfig.load(Map.of())).sandbox();
    workspaces = new StoredWorkspaces(blobs, sandbox);
    executor = Executors.newVirtualThreadPerTaskExecutor();
    agents =
        new StoredAgents(
            new AgentTable(database),
            new IdempotencyTable(database),
            workspaces,
            dataDir,
            clock,
            UUID::randomUUID,
            executor);
  }

  @AfterEach
  void close() {
    executor.close();
    database.close();
  }

  @Test
  void deploysUploadedFiles() throws Exception {
    var agent = deploy(ACME, file("CLAUDE.md", "Be kind."), file("./.claude//settings.json", "{}"));

    assertThat(agent.version()).isEqualTo(1);
    assertThat(agent.id()).hasSize(36);
    assertThat(agent.tenant()).isEqualTo(ACME);
    assertThat(agent.path()).isEqualTo(dataDir + "/agents/acme/helper");
    assertThat(agent.env()).isEmpty();
    assertThat(agent.configJson()).isEqualTo("{}");
    assertThat(agent.createdAt()).isEqualTo(now);
    assertThat(done(agents.files(ACME, HELPER)).value())
        .containsExactly(
            new FileInfo(".claude/settings.json", 2, now), new FileInfo("CLAUDE.md", 8, now));
    assertThat(text(ACME, "CLAUDE.md")).isEqualTo("Be kind.");
    assertThat(dataDir.resolve("agents")).doesNotExist();
  }

  @Test
  void writesInstructionsWhenNoneAreSent() throws Exception {
    done(agents.deploy(ACME, deployment(Optional.of("Answer in verse."))));
    assertThat(text(ACME, "CLAUDE.md")).isEqualTo("Answer in verse.");

    done(agents.deploy(RIVAL, deployment(Optional.empty())));
    assertThat(text(RIVAL, "CLAUDE.md")).isEqualTo("# helper\n");
  }

  @Test
  void theSameKeyDeploysOnce() throws Exception {
    var first = done(agents.deploy(ACME, keyed("k1", "one")));
    var again = done(agents.deploy(ACME, keyed("k1", "one")));
    assertThat(again).usingRecursiveComparison().ignoringFields("tag").isEqualTo(first);
    assertThat(again.tag()).as("it is not known whether it was changed").isNotEqualTo(first.tag());
    assertThat(first.version()).isEqualTo(1);

    assertThat(done(agents.deploy(ACME, keyed("k2", "two"))).version()).isEqualTo(2);
    assertThat(done(agents.deploy(ACME, keyed("k1", "one"))).version()).isEqualTo(1);
    assertThat(text(ACME, "CLAUDE.md")).isEqualTo("two");

    assertThat(refused(agents.deploy(ACME, keyed("k1", "other"))))
        .isEqualTo(
            new Rejection(Code.INVALID, "Idempotency-Key was used before with another request"));
    assertThat(done(agents.deploy(RIVAL, keyed("k1", "rival's"))).version()).isEqualTo(1);

    done(agents.delete(ACME, HELPER));
    assertThat(refused(agents.deploy(ACME, keyed("k1", "one"))).detail())
        .contains("was deleted since");
    deploy(ACME, file("CLAUDE.md", "another of that name"));
    assertThat(refused(agents.deploy(ACME, keyed("k1", "one"))).detail())
        .contains("was deleted since");
  }

  @Test
  void ofDeploymentsWithOneKeyAtOnceOneDoesIt() throws Exception {
    var together =
        IntStream.range(0, 8)
            .mapToObj(_ -> agents.deploy(ACME, keyed("k", "one")).toCompletableFuture())
            .toList();
    for (var each : together) {
      assertThat(done(each).version()).isEqualTo(1);
    }
    assertThat(get(agents.find(ACME, HELPER)).orElseThrow().version()).isEqualTo(1);
  }

  private static Deployment keyed(String key, String prompt) {
    return new Deployment(
        HELPER,
        Optional.empty(),
        Optional.of(prompt),
        List.of(),
        Optional.of(Map.of("A", "1")),
        Optional.of(key));
  }

  @Test
  void prefersUploadedInstructionsToThePrompt() throws Exception {
    done(agents.deploy(ACME, deployment(Optional.of("prompt"), file("CLAUDE.md", "uploaded"))));

    assertThat(text(ACME, "CLAUDE.md")).isEqualTo("uploaded");
  }

  @Test
  void deployingAgainAddsAVersionAndKeepsWhatIsNotSent() throws Exception {
    var first =
        done(
            agents.deploy(
                ACME,
                new Deployment(
                    HELPER,
                    Optional.empty(),
                    Optional.empty(),
                    List.of(file("CLAUDE.md", "one"), file("notes.txt", "kept")),
                    Optional.of(Map.of("TOKEN", "t")),
                    Optional.empty())));
    patch(ACME, "{\"preWarmCount\":2}");
    var created = now;
    now = now.plusSeconds(60);

    var second = deploy(ACME, file("new.txt", "new"));

    assertThat(second.version()).isEqualTo(2);
    assertThat(second.id()).isEqualTo(first.id());
    assertThat(second.createdAt()).isEqualTo(created);
    assertThat(second.updatedAt()).isEqualTo(now);
    assertThat(second.env()).containsExactly(Map.entry("TOKEN", "t"));
    assertThat(second.configJson()).isEqualTo("{\"preWarmCount\":2}");
    assertThat(paths(ACME)).containsExactly("CLAUDE.md", "new.txt", "notes.txt");
    assertThat(text(ACME, "CLAUDE.md")).isEqualTo("one");
    assertThat(workspaces.list(first.folder())).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"../x", "/etc/x", "a/../../x", "..", "nul\0", ""})
  void refusesAnUploadWithAPathThatEscapesAndStoresNothing(String path) throws Exception {
    assertThat(
            refused(
                agents.deploy(
                    ACME, deployment(Optional.empty(), file("CLAUDE.md", "x"), file(path, "x")))))
        .isEqualTo(new Rejection(Code.INVALID, "Path \"" + path + "\" escapes agent directory"));

    assertThat(get(agents.find(ACME, HELPER))).isEmpty();
  }

  @Test
  void refusesUploadsThatCannotLieSideBySide() throws Exception {
    assertThat(
            refused(
                    agents.deploy(
                        ACME, deployment(Optional.empty(), file("a", "x"), file("a/b", "x"))))
                .detail())
        .isEqualTo("Path \"a/b\" conflicts with another file or directory");
  }

  @Test
  void givesScriptsTheirExecuteBit() throws Exception {
    var agent = deploy(ACME, file("hook.sh", "#!/bin/sh\nexit 0\n"), file("data", "#"));

    assertThat(workspaces.list(agent.folder()))
        .filteredOn(entry -> !entry.path().equals("CLAUDE.md"))
        .extracting(Workspaces.Entry::mode)
        .containsExactly(0644, 0755);
  }

  @Test
  void refusesMoreThanTheBound() throws Exception {
    var large = ByteString.fromArrayUnsafe(new byte[51 << 20]);

    assertThat(
            refused(
                agents.deploy(
                    ACME,
                    deployment(
                        Optional.empty(),
                        new UploadedFile("a", Content.of(large)),
                        new UploadedFile("b", Content.of(large))))))
        .isEqualTo(
            new Rejection(Code.TOO_LARGE, "Agent directory too large (max 104857600 bytes)"));
  }

  @Test
  void keepsTenantsApart() throws Exception {
    deploy(ACME, file("CLAUDE.md", "acme's"));
    deploy(RIVAL, file("CLAUDE.md", "rival's"));
    var other = new AgentName("other");
    done(
        agents.deploy(
            RIVAL,
            new Deployment(
                other,
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Optional.empty())));

    assertThat(text(ACME, "CLAUDE.md")).isEqualTo("acme's");
    assertThat(get(agents.list(ACME))).extracting(Agent::name).containsExactly(HELPER);
    assertThat(get(agents.list(RIVAL))).extracting(Agent::name).containsExactly(HELPER, other);
    assertThat(get(agents.find(ACME, other))).isEmpty();
    for (var refusal :
        List.of(
            refused(agents.delete(ACME, other)),
            refused(agents.patch(ACME, other, Optional.of(Map.of()), Optional.empty())),
            refused(agents.files(ACME, other)),
            refused(agents.file(ACME, other, "CLAUDE.md")),
            refused(agents.writeFiles(ACME, other, List.of(file("x", "x")), ANY)),
            refused(agents.deleteFile(ACME, other, "CLAUDE.md", ANY)))) {
      assertThat(refusal).isEqualTo(new Rejection(Code.NOT_FOUND, "Agent not found"));
    }
    done(agents.delete(ACME, HELPER));
    assertThat(text(RIVAL, "CLAUDE.md")).isEqualTo("rival's");
  }

  @Test
  void neverUsesATenantsNameAsAPath() throws Exception {
    var odd = new TenantId("../../etc");

    deploy(odd, file("CLAUDE.md", "x"));

    assertThat(text(odd, "CLAUDE.md")).isEqualTo("x");
    assertThat(dataDir.resolve("agents")).doesNotExist();
  }

  @Test
  void deletesAnAgent() throws Exception {
    deploy(ACME);

    assertThat(done(agents.delete(ACME, HELPER)).name()).isEqualTo(HELPER);

    assertThat(get(agents.find(ACME, HELPER))).isEmpty();
    assertThat(refused(agents.delete(ACME, HELPER)).code()).isEqualTo(Code.NOT_FOUND);
    assertThat(deploy(ACME).version()).isEqualTo(1);
  }

  @Test
  void patchReplacesTheEnvironmentAndMergesTheConfig() throws Exception {
    var deployed = deploy(ACME);
    done(agents.patch(ACME, HELPER, Optional.of(Map.of("A", "1")), Optional.empty()));
    patch(ACME, "{\"a\":{\"x\":1},\"b\":1}");

    var patched = patch(ACME, "{\"a\":{\"y\":2},\"c\":null}");

    assertThat(patched.env()).containsExactly(Map.entry("A", "1"));
    assertThat(patched.configJson()).isEqualTo("{\"a\":{\"y\":2},\"b\":1,\"c\":null}");
    assertThat(patched.version()).isEqualTo(deployed.version());
    var cleared = done(agents.patch(ACME, HELPER, Optional.of(Map.of()), Optional.empty()));
    assertThat(cleared.env()).isEmpty();
    for (var config : List.of("[]", "1", "{", "")) {
      assertThat(refused(agents.patch(ACME, HELPER, Optional.empty(), Optional.of(config))).code())
          .isEqualTo(Code.INVALID);
    }
  }

  @Test
  void answersWhyAFileCannotBeRead() throws Exception {
    deploy(ACME, file("docs/a..b.md", "x"));

    assertThat(text(ACME, "docs/a..b.md")).isEqualTo("x");
    assertThat(readRefused("")).isEqualTo(new Rejection(Code.INVALID, "File path required"));
    for (var path : List.of("../x", "/etc/passwd", "docs/../x", "..")) {
      assertThat(readRefused(path)).isEqualTo(new Rejection(Code.INVALID, "Invalid file path"));
    }
    assertThat(readRefused("docs")).isEqualTo(new Rejection(Code.INVALID, "Path is not a file"));
    assertThat(readRefused("docs/none")).isEqualTo(new Rejection(Code.NOT_FOUND, "File not found"));
  }

  @Test
  void listsWithoutCachesButReadsThem() throws Exception {
    deploy(ACME, file("node_modules/m.js", "m"), file("x.lock", "l"), file("src/tmp/t", "t"));

    assertThat(paths(ACME)).containsExactly("CLAUDE.md");
    assertThat(text(ACME, "node_modules/m.js")).isEqualTo("m");
  }

  @Test
  void writesAllFilesOrNone() throws Exception {
    deploy(ACME, file("old", "old"));
    var before = get(agents.find(ACME, HELPER)).orElseThrow();

    assertThat(
            refused(
                agents.writeFiles(
                    ACME, HELPER, List.of(file("old", "new"), file("../x", "x")), ANY)))
        .isEqualTo(new Rejection(Code.INVALID, "Path \"../x\" escapes agent directory"));
    assertThat(text(ACME, "old")).isEqualTo("old");

    assertThat(
            done(agents.writeFiles(
                    ACME, HELPER, List.of(file("old", "new"), file("n/w", "w")), ANY))
                .value())
        .isEqualTo(2);
    assertThat(text(ACME, "old")).isEqualTo("new");
    var after = get(agents.find(ACME, HELPER)).orElseThrow();
    assertThat(after.version()).isEqualTo(before.version());
    assertThat(after.folder()).isNotEqualTo(before.folder());
  }

  @Test
  void losesNoFileWhenManyWriteAtTheSameTime() throws Exception {
    deploy(ACME);
    var writes = new ArrayList<CompletionStage<Outcome<Agents.OfAgent<Integer>>>>();

    for (var i = 0; i < 16; i++) {
      writes.add(agents.writeFiles(ACME, HELPER, List.of(file("f" + i, "x")), ANY));
    }

    for (var write : writes) {
      assertThat(done(write).value()).isEqualTo(1);
    }
    assertThat(paths(ACME)).hasSize(17);
  }

  @Test
  void deletesAFile() throws Exception {
    deploy(ACME, file("docs/a", "x"));

    assertThat(done(agents.deleteFile(ACME, HELPER, "docs/a", ANY)).value()).isEqualTo("docs/a");

    assertThat(paths(ACME)).containsExactly("CLAUDE.md");
    assertThat(refused(agents.deleteFile(ACME, HELPER, "docs/a", ANY)))
        .isEqualTo(new Rejection(Code.NOT_FOUND, "File not found"));
    assertThat(refused(agents.deleteFile(ACME, HELPER, "../x", ANY)))
        .isEqualTo(new Rejection(Code.INVALID, "Path escapes agent directory"));
    deploy(ACME, file("docs/b", "x"));
    assertThat(refused(agents.deleteFile(ACME, HELPER, "docs", ANY)))
        .isEqualTo(new Rejection(Code.INVALID, "Path is not a file"));
  }

  @Test
  void everyChangeGivesAnotherTagAndOnlyTheLatestPassesAGuard() throws Exception {
    var first = deploy(ACME, file("CLAUDE.md", "one")).tag();
    var guard = new IfMatch.OneOf(List.of(first));
    var second =
        done(agents.patch(ACME, HELPER, Optional.empty(), Optional.of("{\"a\":1}"), guard)).tag();

    var late = agents.patch(ACME, HELPER, Optional.empty(), Optional.of("{\"a\":2}"), guard);

    assertThat(get(late)).isEqualTo(new Outcome.Stale<>(new Mismatch.Changed(second)));
    assertThat(get(agents.delete(ACME, HELPER, guard)))
        .isEqualTo(new Outcome.Stale<>(new Mismatch.Changed(second)));
    var unchanged = get(agents.find(ACME, HELPER)).orElseThrow();
    assertThat(unchanged.configJson()).isEqualTo("{\"a\":1}");
    assertThat(unchanged.tag()).isEqualTo(second);
    done(agents.writeFiles(ACME, HELPER, List.of(file("b", "x")), ANY));
    var third = get(agents.find(ACME, HELPER)).orElseThrow().tag();
    var fourth = deploy(ACME, file("c", "x")).tag();
    assertThat(List.of(first, second, third, fourth)).doesNotHaveDuplicates();
    done(agents.delete(ACME, HELPER, new IfMatch.OneOf(List.of(fourth))));
    assertThat(deploy(ACME, file("CLAUDE.md", "one")).tag()).isNotEqualTo(first);
  }

  @Test
  void deploysAndWritesFilesOnlyOverTheStateThatIsMeant() throws Exception {
    var absent = new IfMatch.Absent();
    var uploaded = deployment(Optional.empty(), file("CLAUDE.md", "one"));
    var folder = Files.createDirectory(base.resolve("folder"));
    Files.writeString(folder.resolve("CLAUDE.md"), "from a folder");
    var copied =
        new Deployment(
            HELPER,
            Optional.of(folder.toString()),
            Optional.empty(),
            List.of(),
            Optional.empty(),
            Optional.empty());
    var first = done(agents.deploy(ACME, uploaded, absent)).tag();
    for (var deployment : List.of(uploaded, copied)) {
      assertThat(get(agents.deploy(ACME, deployment, absent)))
          .isEqualTo(new Outcome.Stale<>(new Mismatch.Exists(first)));
    }

    var guard = new IfMatch.OneOf(List.of(first));
    var written = done(agents.writeFiles(ACME, HELPER, List.of(file("a", "x")), guard));
    var stale = new Outcome.Stale<>(new Mismatch.Changed(written.tag()));
    assertThat(get(agents.writeFiles(ACME, HELPER, List.of(file("a", "y")), guard)))
        .isEqualTo(stale);
    assertThat(get(agents.deleteFile(ACME, HELPER, "a", guard))).isEqualTo(stale);
    assertThat(get(agents.deploy(ACME, copied, guard))).isEqualTo(stale);
    assertThat(done(agents.files(ACME, HELPER)).tag()).isEqualTo(written.tag());
    assertThat(done(agents.file(ACME, HELPER, "a")).tag()).isEqualTo(written.tag());
    assertThat(text(ACME, "a")).isEqualTo("x");

    var late = new IfMatch.OneOf(List.of(written.tag()));
    var deleted = done(agents.deleteFile(ACME, HELPER, "a", late)).tag();
    done(agents.deploy(ACME, copied, new IfMatch.OneOf(List.of(deleted))));
    assertThat(text(ACME, "CLAUDE.md")).isEqualTo("from a folder");
  }

  private Rejection readRefused(String path) throws Exception {
    return refused(agents.file(ACME, HELPER, path));
  }

  private Agent patch(TenantId tenant, String config) throws Exception {
    return done(agents.patch(tenant, HELPER, Optional.empty(), Optional.of(config)));
  }

  private Agent deploy(TenantId tenant, UploadedFile... files) throws Exception {
    return done(agents.deploy(tenant, deployment(Optional.empty(), files)));
  }

  private static Deployment deployment(Optional<String> prompt, UploadedFile... files) {
    return new Deployment(
        HELPER, Optional.empty(), prompt, List.of(files), Optional.empty(), Optional.empty());
  }

  private static UploadedFile file(String path, String content) {
    return new UploadedFile(path, Content.of(ByteString.fromString(content)));
  }

  private String text(TenantId tenant, String path) throws Exception {
    return done(agents.file(tenant, HELPER, path)).value().bytes().utf8String();
  }

  private List<String> paths(TenantId tenant) throws Exception {
    return done(agents.files(tenant, HELPER)).value().stream().map(FileInfo::path).toList();
  }

  static <T> T done(CompletionStage<Outcome<T>> stage) throws Exception {
    return switch (get(stage)) {
      case Outcome.Done<T>(var value) -> value;
      case Outcome.Refused<T>(var why) -> throw new AssertionError(why.toString());
      case Outcome.Stale<T>(var why) -> throw new AssertionError(why.toString());
    };
  }

  static <T> Rejection refused(CompletionStage<Outcome<T>> stage) throws Exception {
    return switch (get(stage)) {
      case Outcome.Done<T>(var value) -> throw new AssertionError(String.valueOf(value));
      case Outcome.Refused<T>(var why) -> why;
      case Outcome.Stale<T>(var why) -> throw new AssertionError(why.toString());
    };
  }

  static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
  }
}
