package dev.ash.mcp;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Instant;

@AnalyzeClasses(packages = "dev.ash.mcp", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
  @ArchTest
  static final ArchRule onlySettingsReadsTheEnvironment =
      noClasses()
          .that()
          .doNotBelongToAnyOf(Settings.class)
          .should()
          .callMethod(System.class, "getenv")
          .orShould()
          .callMethod(System.class, "getenv", String.class);

  @ArchTest
  static final ArchRule timeIsInjected =
      noClasses()
          .should()
          .callMethod(Instant.class, "now")
          .orShould()
          .callMethod(Thread.class, "sleep", long.class);

  @ArchTest
  static final ArchRule speaksToTheNodeThroughTheClientOnly =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.ash.node..", "dev.ash.cli..", "java.net.http..");
}
