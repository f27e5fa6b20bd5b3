package dev.ash.node;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleNameEndingWith;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleNameStartingWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.apache.pekko.actor.typed.ActorRef;

/** What docs/architecture.md says of who may know whom. */
@AnalyzeClasses(packages = "dev.ash.node", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
  /** The numbers of the metrics page come from the features, which in turn count by its port. */
  private static final String METRICS = "dev.ash.node.telemetry..";

  @ArchTest
  static final ArchRule featuresKnowEachOtherInOneDirection =
      slices()
          .matching("dev.ash.node.(*)..")
          .should()
          .beFreeOfCycles()
          .ignoreDependency(resideInAPackage(METRICS), resideInAPackage("dev.ash.node.model.."))
          .ignoreDependency(resideInAPackage(METRICS), resideInAPackage("dev.ash.node.sandbox.."));

  @ArchTest
  static final ArchRule onlyTheNodeKnowsTheApiAndTheManagement =
      noClasses()
          .that()
          .resideInAnyPackage("dev.ash.node.(*)..")
          .and()
          .resideOutsideOfPackages("dev.ash.node.api..", "dev.ash.node.management..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.ash.node.api..", "dev.ash.node.management..");

  @ArchTest
  static final ArchRule theApiCallsPorts =
      noClasses()
          .that()
          .resideInAPackage("dev.ash.node.api..")
          .should()
          .dependOnClassesThat(
              simpleNameStartingWith("Stored")
                  .or(simpleNameStartingWith("Sharded"))
                  .or(simpleNameEndingWith("Table").and(resideInAPackage("dev.ash.persistence.."))))
          .orShould()
          .dependOnClassesThat()
          .resideInAPackage("java.sql..");

  @ArchTest
  static final ArchRule noActorLeavesItsFeature =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "dev.ash.node.session..", "dev.ash.node.queue..", "dev.ash.node.cluster..")
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName(ActorRef.class.getName());

  @ArchTest
  static final ArchRule rulesArePure =
      noClasses()
          .that()
          .haveSimpleNameEndingWith("Rules")
          .or()
          .haveSimpleName("ShardPlan")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.apache.pekko..", "java.io..", "java.nio.file..", "java.sql..", "org.slf4j..");

  @ArchTest
  static final ArchRule timeIsInjectedAndNobodySleeps =
      noClasses()
          .that()
          .doNotBelongToAnyOf(Main.class, Training.class)
          .should()
          .callMethod(Instant.class, "now")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(Clock.class, "systemUTC")
          .orShould()
          .callMethod(Thread.class, "sleep", long.class)
          .orShould()
          .callMethod(Thread.class, "sleep", Duration.class);

  @ArchTest
  static final ArchRule settingsComeFromTheConfiguration =
      noClasses()
          .should()
          .callMethod(System.class, "getenv")
          .orShould()
          .callMethod(System.class, "getenv", String.class);
}
