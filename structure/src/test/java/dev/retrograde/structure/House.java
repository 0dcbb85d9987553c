package dev.retrograde.structure;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.lang.foreign.Arena;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.NullMarked;

/// The rules of the house, for the packages below `root`.
///
/// A room is a package right below `root`, with all that is below it. `rooms` lists them in the
/// order of the arrows: a class may use its own room and those before it. A package whose room is
/// not listed breaks the rule too, so that nobody builds an annexe unseen.
record House(String root, List<String> rooms) {

  /// Where printing and ending the process are part of the work.
  private static final Set<String> FRONT_ROOMS = Set.of("cli", "bench");

  /// Where the environment may be read: `RETROGRADE_DATA` only.
  private static final Set<String> READS_ENVIRONMENT = Set.of("data", "cli", "bench");

  /// Where native code may be looked up and called.
  private static final Set<String> CALLS_NATIVE = Set.of("x64", "bench");

  /// Types whose every instance can change, however final the field that holds it.
  private static final List<Class<?>> CHANGEABLE =
      List.of(
          ThreadLocal.class,
          AtomicBoolean.class,
          AtomicInteger.class,
          AtomicLong.class,
          AtomicReference.class,
          StringBuilder.class,
          Arena.class);

  House {
    rooms = List.copyOf(rooms);
  }

  /// The product's rooms; what each is for is said by its package.
  static House retrograde() {
    return new House(
        "dev.retrograde",
        List.of(
            "scalar",
            "callback",
            "ir",
            "trace",
            "autodiff",
            "runtime",
            "loop",
            "target",
            "choice",
            "pass",
            "interp",
            "jvm",
            "c99",
            "x64",
            "nn",
            "data",
            "io",
            "methods",
            "train",
            "lab",
            "cli"));
  }

  ArchRule arrowsPointUpwards() {
    return every(
        "use its own room and those before it in " + rooms,
        (type, fail) -> {
          int own = rooms.indexOf(room(type));
          if (own < 0) {
            fail.accept("lies in room '" + room(type) + "', which House does not list");
            return;
          }
          for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
            JavaClass used = dependency.getTargetClass().getBaseComponentType();
            if (isInside(used) && rooms.indexOf(room(used)) > own) {
              fail.accept("points downwards: " + dependency.getDescription());
            }
          }
        });
  }

  ArchRule packagesHaveNoCycles() {
    return SlicesRuleDefinition.slices().matching(root + ".(**)").should().beFreeOfCycles();
  }

  ArchRule classesAreClosed() {
    return every(
        "be final, sealed or abstract",
        (type, fail) -> {
          boolean closed =
              type.isInterface()
                  || type.isEnum()
                  || type.isRecord()
                  || type.isAnonymousClass()
                  || type.getModifiers().contains(JavaModifier.SYNTHETIC)
                  || type.getModifiers().contains(JavaModifier.FINAL)
                  || type.getModifiers().contains(JavaModifier.ABSTRACT)
                  || type.reflect().isSealed();
          if (!closed) {
            fail.accept("is open to inheritance: make it final");
          }
        });
  }

  ArchRule onlyFrontRoomsPrint() {
    return every(
        "neither print nor end the process outside " + FRONT_ROOMS,
        (type, fail) -> {
          if (FRONT_ROOMS.contains(room(type))) {
            return;
          }
          type.getFieldAccessesFromSelf().stream()
              .filter(access -> access.getTargetOwner().isEquivalentTo(System.class))
              .forEach(access -> fail.accept("prints: " + access.getDescription()));
          type.getMethodCallsFromSelf().stream()
              .filter(call ->
                  call.getName().equals("printStackTrace")
                      || call.getName().equals("exit")
                          && call.getTargetOwner().isEquivalentTo(System.class))
              .forEach(call -> fail.accept("prints or exits: " + call.getDescription()));
        });
  }

  ArchRule environmentIsReadAtTheDoor() {
    return every(
        "not read the environment outside " + READS_ENVIRONMENT,
        (type, fail) -> {
          if (READS_ENVIRONMENT.contains(room(type))) {
            return;
          }
          type.getMethodCallsFromSelf().stream()
              .filter(call -> call.getName().equals("getenv"))
              .forEach(call -> fail.accept("reads the environment: " + call.getDescription()));
        });
  }

  ArchRule nativeCodeIsCalledInOneRoom() {
    Set<String> doors = Set.of("java.lang.foreign.Linker", "java.lang.foreign.SymbolLookup");
    return every(
        "not call native code outside " + CALLS_NATIVE,
        (type, fail) -> {
          if (CALLS_NATIVE.contains(room(type))) {
            return;
          }
          type.getDirectDependenciesFromSelf().stream()
              .filter(dependency -> doors.contains(dependency.getTargetClass().getName()))
              .forEach(dependency -> fail.accept("calls out: " + dependency.getDescription()));
        });
  }

  /// A constant may be an immutable value, or a private array that its class never writes.
  ArchRule nothingStaticChanges() {
    return every(
        "have no static field that can change",
        (type, fail) ->
            type.getFields().stream()
                .filter(field -> field.getModifiers().contains(JavaModifier.STATIC))
                .filter(field -> !field.getModifiers().contains(JavaModifier.SYNTHETIC))
                .filter(House::canChange)
                .forEach(field -> fail.accept("can change: " + field.getFullName())));
  }

  ArchRule packagesAreExplained() {
    return every(
        "lie in a package with a package-info that is null-marked",
        (type, fail) -> {
          JavaPackage home = type.getPackage();
          boolean explained =
              home.tryGetPackageInfo()
                  .map(info -> info.isAnnotatedWith(NullMarked.class))
                  .orElse(false);
          if (!explained) {
            fail.accept("its package has no @NullMarked package-info.java: " + home.getName());
          }
        });
  }

  private static boolean canChange(JavaField field) {
    Set<JavaModifier> modifiers = field.getModifiers();
    JavaClass type = field.getRawType();
    if (!modifiers.contains(JavaModifier.FINAL)) {
      return true;
    }
    if (type.isArray()) {
      return !modifiers.contains(JavaModifier.PRIVATE);
    }
    boolean collectionClass =
        !type.isInterface()
            && !type.isEnum()
            && (type.isAssignableTo(Collection.class) || type.isAssignableTo(Map.class));
    return collectionClass || CHANGEABLE.stream().anyMatch(type::isAssignableTo);
  }

  private boolean isInside(JavaClass type) {
    return type.getPackageName().startsWith(root + ".");
  }

  private String room(JavaClass type) {
    String below =
        type.getPackageName()
            .substring(Math.min(root.length() + 1, type.getPackageName().length()));
    int dot = below.indexOf('.');
    return dot < 0 ? below : below.substring(0, dot);
  }

  private ArchRule every(String wish, BiConsumer<JavaClass, Consumer<String>> check) {
    return ArchRuleDefinition.classes()
        .that()
        .resideInAPackage(root + "..")
        .should(
            new ArchCondition<JavaClass>(wish) {
              @Override
              public void check(JavaClass type, ConditionEvents events) {
                check.accept(
                    type,
                    problem ->
                        events.add(
                            SimpleConditionEvent.violated(type, type.getName() + " " + problem)));
              }
            });
  }
}
