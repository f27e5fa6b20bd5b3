package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The specification's commands are there under its names, and its other files are mapped. */
@Timeout(120)
final class SpecifiedPathsTest {
  private static final Path GUIDE = Checkout.REPOSITORY.resolve("docs/guides/enterprise/README.md");
  private static final Pattern ROW =
      Pattern.compile("\\| `((?:scripts|tests|templates|examples)/[^`]+)` \\| (.+) \\|");
  private static final Pattern LINK = Pattern.compile("]\\(([^)#]+)\\)");

  @TempDir static Path folder;
  private static Checkout checkout;

  @BeforeAll
  static void checkOut() throws Exception {
    checkout = Checkout.in(folder);
  }

  @ParameterizedTest
  @CsvSource({
    "./tests/test-header-forwarding.sh, 1, --url is required",
    "./scripts/debug-auth.sh, 1, --url is required",
    "python scripts/validate-gateway-compatibility.py, 2, --url is required",
    "python tests/test-rate-limiting.py, 2, --rpm",
    "./scripts/validate-gateway-compatibility.py, 2, --url is required",
    "./tests/test-rate-limiting.py, 2, --rpm",
  })
  void keepsArgumentsAndExitCodes(String command, int code, String missing) throws Exception {
    assumeTrue(Checkout.has("python3") && Checkout.has("python"), "python is not installed");
    var ran = checkout.run(Map.of(), command.split(" ", -1));

    assertThat(ran.output()).startsWith("Error: ").contains(missing);
    assertThat(ran.code()).isEqualTo(code);
  }

  @ParameterizedTest
  @CsvSource({
    "tests/test-header-forwarding.sh, test-headers",
    "scripts/debug-auth.sh, debug-auth",
    "scripts/validate-gateway-compatibility.py, validate",
    "tests/test-rate-limiting.py, test-rate-limit",
  })
  void worksFromAnyFolder(String script, String tool) throws Exception {
    assumeTrue(!script.endsWith(".py") || Checkout.has("python3"), "python3 is not installed");
    var ran =
        checkout.run(Map.of(), "sh", "-c", "cd /; exec '" + folder + "/" + script + "' --help");

    assertThat(ran.code()).as(ran.output()).isZero();
    assertThat(ran.output()).contains("Usage: ash gateway " + tool, "--url", "--token");
  }

  @Test
  void mapsEveryPathOfTheSpecificationToAFileOfOurs() throws Exception {
    var named = new ArrayList<String>();
    for (var line : Files.readAllLines(GUIDE)) {
      var row = ROW.matcher(line);
      if (row.matches()) {
        named.add(row.group(1));
        var link = LINK.matcher(row.group(2));
        assertThat(link.find()).as(line).isTrue();
        link.reset();
        while (link.find()) {
          assertThat(GUIDE.resolveSibling(link.group(1))).as(line).exists();
        }
      }
    }
    assertThat(named)
        .containsExactlyInAnyOrderElementsOf(
            List.of(
                "scripts/validate-gateway-compatibility.py",
                "scripts/debug-auth.sh",
                "tests/test-header-forwarding.sh",
                "tests/test-rate-limiting.py",
                "templates/enterprise/truefoundry-config.yaml",
                "templates/enterprise/zuplo-config.yaml",
                "templates/enterprise/custom-gateway-config.yaml",
                "templates/enterprise/header-forwarding.md",
                "templates/enterprise/auth-token-setup.md",
                "examples/us2-security-best-practices.md",
                "examples/us2-compliance-guide.md"));
  }
}
