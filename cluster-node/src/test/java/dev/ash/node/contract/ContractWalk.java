package dev.ash.node.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.e2e.StartedNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;

/**
 * All rows against one node, each a test of its own; at the end the list of rows is accounted for.
 */
final class ContractWalk {
  static final String SECRET = "an-internal-secret";

  /** Requests of one key that create, per window; enough for the walk, few enough to exceed. */
  static final int CREATES = 80;

  /** What a node to be walked is started with; nothing takes items from its queue. */
  static final Map<String, String> ENVIRONMENT =
      Map.of(
          "ASH_INTERNAL_SECRET",
          SECRET,
          "ASH_CREDENTIAL_KEY",
          "a-credential-key",
          "ASH_RATE_LIMIT_CREATES",
          Integer.toString(CREATES),
          "ASH_QUEUE_PARALLEL",
          "0");

  private final String database;
  private final Scene scene;
  private final Set<String> done = new LinkedHashSet<>();

  /**
   * Before the first row.
   *
   * @param temp where agents' folders can be made that the node reads
   */
  ContractWalk(String database, StartedNode node, Path temp) throws IOException {
    this.database = database;
    this.scene = new Scene(node.url());
    scene.keep(Row.MAIN, node.key());
    scene.keep("secret", SECRET);
    scene.keep("wrong", "ash_wrong");
    var folder = Files.createDirectories(temp.resolve("agent"));
    Files.writeString(folder.resolve("CLAUDE.md"), "# placed\n");
    scene.keep("folder", folder.toString());
    scene.keep("emptyFolder", Files.createDirectories(temp.resolve("empty")).toString());
  }

  List<DynamicNode> tests() {
    var nodes = new ArrayList<DynamicNode>();
    Sections.all()
        .forEach(
            (title, rows) ->
                nodes.add(DynamicContainer.dynamicContainer(title, rows.stream().map(this::test))));
    nodes.add(DynamicTest.dynamicTest("every row is walked or excused", this::account));
    return nodes;
  }

  private DynamicTest test(Row row) {
    return DynamicTest.dynamicTest(
        row.id(),
        () -> {
          assertThat(done.add(row.id())).as("walked once: " + row.id()).isTrue();
          scene.walk(row);
        });
  }

  private void account() {
    var list = RowList.read();
    System.out.printf(
        "CONTRACT %s: %d rows covered, %d not covered%n",
        database, done.size(), list.excused().size());
    assertThat(done).containsExactlyInAnyOrderElementsOf(list.walked());
    assertThat(list.excused()).doesNotContainKeys(done.toArray(String[]::new));
  }
}
