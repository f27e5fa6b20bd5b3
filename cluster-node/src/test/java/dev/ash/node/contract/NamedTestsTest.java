package dev.ash.node.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What docs/contract.md and rows.txt name as evidence has to be there. */
final class NamedTestsTest {
  private static final Pattern NAMED =
      Pattern.compile("\\b([A-Z]\\w+(?:Test|IT))\\b(?:\\.([a-z]\\w+))?");
  private static final Path SOURCES = Path.of("src/test/java");

  @Test
  void everyTestThatIsNamedExists() throws IOException {
    var sources = sources();
    for (var file :
        new Path[] {
          Path.of("../docs/contract.md"), Path.of("src/test/resources/contract/rows.txt")
        }) {
      var text = Files.readString(file);
      for (var named = NAMED.matcher(text); named.find(); ) {
        var source = sources.get(named.group(1));
        assertThat(source).as(named.group() + " of " + file).isNotNull();
        if (named.group(2) != null) {
          assertThat(source).as(named.group()).contains(" void " + named.group(2) + "(");
        }
      }
    }
  }

  private static Map<String, String> sources() throws IOException {
    try (var files = Files.walk(SOURCES)) {
      var texts = new HashMap<String, String>();
      for (var file : files.filter(Files::isRegularFile).collect(Collectors.toList())) {
        var name = String.valueOf(file.getFileName());
        texts.put(name.replace(".java", ""), Files.readString(file));
      }
      return texts;
    }
  }
}
