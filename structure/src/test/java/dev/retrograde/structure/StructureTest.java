package dev.retrograde.structure;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.File;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleDescriptor.Requires;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StructureTest {

  private final House house = House.retrograde();
  private JavaClasses classes;

  @BeforeAll
  void readTheProduct() {
    classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(house.root());
  }

  @Test
  void arrowsBetweenRoomsPointUpwards() {
    house.arrowsPointUpwards().check(classes);
  }

  @Test
  void packagesHaveNoCycles() {
    house.packagesHaveNoCycles().check(classes);
  }

  @Test
  void classesAreFinalSealedOrAbstract() {
    house.classesAreClosed().check(classes);
  }

  @Test
  void onlyTheCommandLinePrints() {
    house.onlyFrontRoomsPrint().check(classes);
  }

  @Test
  void theEnvironmentIsReadAtTheDoor() {
    house.environmentIsReadAtTheDoor().check(classes);
  }

  @Test
  void nativeCodeIsCalledInOneRoom() {
    house.nativeCodeIsCalledInOneRoom().check(classes);
  }

  @Test
  void nothingStaticChanges() {
    house.nothingStaticChanges().check(classes);
  }

  @Test
  void everyPackageSaysWhatItIsFor() {
    house.packagesAreExplained().check(classes);
  }

  @Test
  void theEngineNeedsOnlyTheBaseOfJava() {
    assertThat(needs("dev.retrograde.engine")).containsExactly("java.base");
  }

  @Test
  void noModuleNeedsAnIncubator() {
    assertThat(ownModules().map(ModuleDescriptor::name).collect(Collectors.toSet()))
        .allSatisfy(
            name -> assertThat(needs(name)).noneMatch(it -> it.startsWith("jdk.incubator")));
  }

  private static Set<String> needs(String module) {
    return ownModules()
        .filter(it -> it.name().equals(module))
        .flatMap(it -> it.requires().stream())
        .filter(it -> !it.modifiers().contains(Requires.Modifier.STATIC))
        .map(Requires::name)
        .collect(Collectors.toSet());
  }

  private static Stream<ModuleDescriptor> ownModules() {
    Path[] places =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(it -> !it.contains("test-classes"))
            .map(Path::of)
            .filter(it -> it.toFile().exists())
            .filter(it -> it.toFile().isFile() || it.resolve("module-info.class").toFile().exists())
            .toArray(Path[]::new);
    return Stream.of(places)
        .flatMap(place -> ModuleFinder.of(place).findAll().stream())
        .map(ModuleReference::descriptor)
        .filter(it -> it.name().startsWith("dev.retrograde."));
  }
}
