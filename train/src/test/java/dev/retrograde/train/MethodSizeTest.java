package dev.retrograde.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retrograde.choice.Saving;
import dev.retrograde.ir.Program;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Losses;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.nn.zoo.Zoo;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.Listing;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.target.Target;
import java.lang.classfile.Opcode;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

/// Check 9 of the specification on control flow: large networks become methods that the virtual
/// machine is willing to compile. It leaves methods of more than 8,000 bytes to its interpreter for
/// ever; ours stay below 6,000.
class MethodSizeTest {
  private static final int MOST_BYTES = 6_000;
  private static final Pattern METHOD = Pattern.compile("([<>\\w]+\\(\\S*\\)\\S+)");
  private static final Pattern INSTRUCTION = Pattern.compile("  \\w+\\[(?:OP|op)=(\\w+).*");

  /// Bytes of code by method, from the instructions of all kernels.
  private static Map<String, Integer> sizes(Listing listing) {
    Map<String, Integer> sizes = new LinkedHashMap<>();
    for (int k = 0; k < listing.kernels().size(); k++) {
      String method = "";
      for (String line : listing.kernels().get(k).code().lines().toList()) {
        Matcher head = METHOD.matcher(line);
        Matcher instruction = INSTRUCTION.matcher(line);
        if (head.matches()) {
          method = "kernel " + k + " " + head.group(1);
        } else if (instruction.matches()) {
          sizes.merge(method, Opcode.valueOf(instruction.group(1)).sizeIfFixed(), Integer::sum);
        }
      }
    }
    return sizes;
  }

  /// Asserts that every method is short, and tells of the largest.
  private static void check(String network, Executable step, TestReporter reporter) {
    Map<String, Integer> sizes = sizes(step.listing());
    long all = sizes.values().stream().mapToLong(n -> n).sum();
    assertThat(all).as("bytes counted").isEqualTo(step.compiled().codeBytes());
    Map.Entry<String, Integer> largest =
        sizes.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow();
    reporter.publishEntry(
        network,
        "%d methods of %d bytes, the largest %d bytes: %s"
            .formatted(sizes.size(), all, largest.getValue(), largest.getKey()));
    assertThat(sizes).allSatisfy((m, bytes) -> assertThat(bytes).as(m).isLessThan(MOST_BYTES));
  }

  private static Program step(Layer network, int batch, Integer... sample) {
    return new Plan(
            network,
            Losses.crossEntropy(),
            Optimizers.sgd(0.01).momentum(0.9),
            new Saving.Store(),
            List.of(sample))
        .step(batch);
  }

  @Test
  @DisplayName("9: a network of 200 dense layers takes a step in short methods")
  void twoHundredLayersTakeAStep(TestReporter reporter) {
    int[] hidden = new int[199];
    Arrays.fill(hidden, 24);
    Program p = step(Zoo.mlp(10, hidden), 3, 4, 4, 1);
    try (StateStore state = StateStore.of(1, p);
        Executable step = new JvmTarget().compile(p, state, Target.Options.DEFAULT)) {
      check("mlp of 200 layers", step, reporter);
      for (int i = 0; i < 3 * 16; i++) {
        step.input("x").setAtIndex(ValueLayout.JAVA_FLOAT, i, (i % 7 - 3) / 3f);
      }
      step.input("lr").set(ValueLayout.JAVA_FLOAT, 0, 0.01f);
      float before = first(state);
      step.run();
      assertThat(step.output("loss").get(ValueLayout.JAVA_FLOAT, 0)).isBetween(0.5f, 50f);
      assertThat(first(state)).isNotEqualTo(before);
    }
  }

  /// The first bias of the classifier.
  private static float first(StateStore state) {
    return state.segment("fc200.bias").get(ValueLayout.JAVA_FLOAT, 0);
  }

  @Test
  @DisplayName("9: ResNet-50 compiles to short methods")
  void resNet50IsCompiled(TestReporter reporter) {
    Program p = step(Zoo.resnet50(10), 2, 32, 32, 3);
    try (StateStore state = StateStore.of(1, p);
        Executable step = new JvmTarget().compile(p, state, Target.Options.DEFAULT)) {
      check("resnet50", step, reporter);
    }
  }
}
