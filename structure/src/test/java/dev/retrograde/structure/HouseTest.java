package dev.retrograde.structure;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import org.assertj.core.api.ListAssert;
import org.junit.jupiter.api.Test;

/// Each rule catches what it is for, and nothing else, in a small house of samples.
class HouseTest {

  private final House house =
      new House("dev.retrograde.structure.sample", List.of("ir", "nn", "data"));
  private final JavaClasses samples = new ClassFileImporter().importPackages(house.root());

  @Test
  void anArrowDownwardsIsRefused() {
    assertViolations(house.arrowsPointUpwards())
        .anyMatch(it -> it.contains("ir.UsesLayer points downwards"))
        .noneMatch(it -> it.contains("nn.Layer points"));
  }

  @Test
  void aRoomThatIsNotListedIsRefused() {
    assertViolations(house.arrowsPointUpwards())
        .anyMatch(it -> it.contains("attic.Unlisted lies in room 'attic'"));
  }

  @Test
  void aCycleOfPackagesIsRefused() {
    assertViolations(house.packagesHaveNoCycles())
        .singleElement()
        .satisfies(it -> assertThat(it).contains("Slice ir", "Slice nn"));
  }

  @Test
  void anOpenClassIsRefused() {
    assertViolations(house.classesAreClosed())
        .singleElement()
        .satisfies(it -> assertThat(it).contains("nn.Open"));
  }

  @Test
  void printingAndExitingAreRefused() {
    assertViolations(house.onlyFrontRoomsPrint())
        .hasSize(2)
        .allMatch(it -> it.contains("nn.Printer"));
  }

  @Test
  void readingTheEnvironmentIsRefusedButAtTheDoor() {
    assertViolations(house.environmentIsReadAtTheDoor())
        .singleElement()
        .satisfies(it -> assertThat(it).contains("nn.Environment"));
  }

  @Test
  void nativeCodeIsRefused() {
    assertViolations(house.nativeCodeIsCalledInOneRoom())
        .isNotEmpty()
        .allMatch(it -> it.contains("nn.Caller"));
  }

  @Test
  void staticFieldsThatCanChangeAreRefused() {
    assertViolations(house.nothingStaticChanges())
        .hasSize(4)
        .anyMatch(it -> it.endsWith("Statics.counter"))
        .anyMatch(it -> it.endsWith("Statics.CALLS"))
        .anyMatch(it -> it.endsWith("Statics.CACHE"))
        .anyMatch(it -> it.endsWith("Statics.SHARED"));
  }

  @Test
  void aPackageWithoutAWordIsRefused() {
    assertViolations(house.packagesAreExplained())
        .singleElement()
        .satisfies(it -> assertThat(it).contains("attic.Unlisted"));
  }

  private ListAssert<String> assertViolations(ArchRule rule) {
    return assertThat(rule.evaluate(samples).getFailureReport().getDetails());
  }
}
