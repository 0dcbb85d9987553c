package dev.retrograde.lab.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retrograde.data.DataException;
import dev.retrograde.data.DataSet;
import dev.retrograde.interp.InterpTarget;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Type;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Summary;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TaskTest {
  private static final String IMPORTS =
      "import static dev.retrograde.nn.Layers.*;\nimport dev.retrograde.nn.*;\nimport"
          + " dev.retrograde.trace.*;\n";

  @TempDir Path folder;

  @Test
  void aModelMayBeOnePublicMethodThatGivesALayer() throws IOException {
    assertThat(
            parameters(
                "public class Own { public static Layer model(int n) { return sequential(flatten(),"
                    + " dense(n)); } }"))
        .isEqualTo(784 * 10 + 10);
    assertThat(
            parameters(
                "class Own { public Layer net() { return sequential(flatten(), dense(7)); } private"
                    + " int unused() { return 1; } }"))
        .isEqualTo(784 * 7 + 7);
  }

  @Test
  void aModelMayBeALayer() throws IOException {
    assertThat(
            parameters(
                "public record Own(int classes) implements Layer { public Tensor apply(Trace t,"
                    + " Tensor x) { return dense(classes).apply(t, flatten().apply(t, x)); } }"))
        .isEqualTo(784 * 10 + 10);
  }

  @Test
  void aModelMayBeAMethodThatTraces() throws IOException {
    assertThat(
            parameters(
                "public class Own { public Tensor go(Trace t, Tensor x) { return dense(3).apply(t,"
                    + " flatten().apply(t, x)); } }"))
        .isEqualTo(784 * 3 + 3);
  }

  @Test
  void aModelMayLieInAPackage() throws IOException {
    Path file = folder.resolve("Own.java");
    Files.writeString(
        file,
        "package a.b;\n"
            + IMPORTS
            + "public class Own { public static Layer model() { return sequential(flatten(),"
            + " dense(2)); } }");
    assertThat(Summary.of(ModelSource.open(file.toString(), List.of(), 10), image()).parameters())
        .isEqualTo(784 * 2 + 2);
  }

  @Test
  void aModelThatDoesNotCompileSaysWhere() {
    assertThatThrownBy(
            () -> parameters("public class Own { public Layer model() { return nothing(); } }"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("does not compile")
        .hasMessageContaining("Own.java:4: cannot find symbol");
  }

  @Test
  void aModelWithTwoPublicMethodsSaysWhatWasExpected() {
    assertThatThrownBy(() ->
            parameters(
                "public class Own { public Layer a() { return null; } public Layer b() { return"
                    + " null; } }"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected a class that implements")
        .hasMessageContaining("found 2 public methods [a, b]");
  }

  @Test
  void unknownModelsNameTheZoo() {
    assertThatThrownBy(() -> ModelSource.open("lenett", List.of(), 10))
        .hasMessageContaining("unknown model 'lenett'")
        .hasMessageContaining("lenet");
    assertThatThrownBy(() -> ModelSource.open("my.own.Net", List.of(), 10))
        .hasMessageContaining("--classpath");
    assertThatThrownBy(() -> ModelSource.open("Missing.java", List.of(), 10))
        .hasMessageContaining("'Missing.java' cannot be read");
    assertThatThrownBy(() -> ModelSource.open("my.Net", List.of(folder.resolve("no.jar")), 10))
        .hasMessageContaining("does not exist");
    assertThatThrownBy(() -> ModelSource.open("my.Net", List.of(folder), 10))
        .hasMessageContaining("no such class");
  }

  @Test
  void digitsAreGeneratedAndLimited() {
    DataSet data = DataSource.open("digits", OptionalInt.of(30));
    assertThat(data.train().size()).isEqualTo(30);
    assertThat(data.test().size()).isEqualTo(30);
    assertThat(DataSource.open("digits", OptionalInt.of(2000)).test().size()).isEqualTo(1000);
  }

  @Test
  void missingDataSaysWhatThereIs() {
    assertThatThrownBy(() -> DataSource.open("nowhere", OptionalInt.empty()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("nowhere")
        .hasMessageContaining("digits (generated), mnist, cifar10");
  }

  @Test
  void augmentationsAreRead() {
    DataSet data = DataSource.open("digits", OptionalInt.of(10));
    assertThat(DataSource.augmentations("auto", data)).isEmpty();
    assertThat(DataSource.augmentations("pad-and-crop:4+flip", data))
        .extracting(a -> a.name())
        .containsExactly("pad-and-crop:4", "flip");
    assertThatThrownBy(() -> DataSource.augmentations("flip+spin", data))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("found 'spin'");
  }

  @Test
  void theFastestUsableTargetIsChosenAndSaysWhyNotAnother() {
    Targets targets = Targets.of(List.of(broken("x64"), new InterpTarget()));
    Targets.Chosen chosen = targets.choose("auto");
    assertThat(chosen.target().name()).isEqualTo("interp");
    assertThat(chosen.why())
        .isEqualTo("x64: pages are refused; jvm: not part of this installation");
  }

  @Test
  void aTargetAskedForByNameMustBeUsable() {
    Targets targets = Targets.of(List.of(broken("x64"), new InterpTarget()));
    assertThat(targets.choose("interp").why()).isEmpty();
    assertThatThrownBy(() -> targets.choose("x64"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("target 'x64' cannot be used here: pages are refused");
    assertThatThrownBy(() -> targets.choose("gpu"))
        .hasMessageContaining("expected auto or one of x64, jvm, interp");
  }

  private static Target broken(String name) {
    return new Target() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public Executable compile(Program program, StateStore state, Options options) {
        throw new IllegalStateException("pages are refused");
      }
    };
  }

  private long parameters(String source) throws IOException {
    Path file = folder.resolve("Own.java");
    Files.writeString(file, IMPORTS + source);
    Layer model = ModelSource.open(file.toString(), List.of(), 10);
    return Summary.of(model, image()).parameters();
  }

  private static Type image() {
    return Type.of(DType.F32, 2, 28, 28, 1);
  }
}
