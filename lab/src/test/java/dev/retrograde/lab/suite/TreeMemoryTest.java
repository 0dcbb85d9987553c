package dev.retrograde.lab.suite;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.retrograde.choice.Saving;
import dev.retrograde.data.Tree;
import dev.retrograde.data.TreeSet;
import dev.retrograde.data.generate.GeneratedTrees;
import dev.retrograde.lab.task.Targets;
import dev.retrograde.nn.Losses;
import dev.retrograde.nn.recurrent.TreeInput;
import dev.retrograde.nn.update.Optimizers;
import dev.retrograde.nn.zoo.Zoo;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.target.Target;
import dev.retrograde.train.Plan;
import dev.retrograde.train.TreeLabels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What training on trees keeps and takes, tree after tree.
class TreeMemoryTest {
  private static final TreeSet TREES = GeneratedTrees.of(50, 7);
  private static final int ROOM = TREES.statistics().largest();

  /// Steps on trees in turn. Filling the inputs is part of a step and allocates nothing.
  private static final class Steps implements AutoCloseable {
    private final StateStore state;
    private final Executable step;
    private final int[][] packed = new int[TREES.size()][];
    private final int[][] scores = new int[TREES.size()][];
    private int next;

    Steps(Target target) {
      Plan plan =
          new Plan(
              new TreeLabels(
                  Zoo.treeLstm(4, TREES.words().size(), TREES.classes()),
                  Losses.crossEntropy(),
                  ROOM),
              Optimizers.adagrad(0.05),
              new Saving.Store());
      var program = plan.step(1);
      state = StateStore.of(1, program);
      step = target.compile(program, state, Target.Options.threads(1));
      step.input("lr").set(ValueLayout.JAVA_FLOAT, 0, 0.05f);
      for (int i = 0; i < packed.length; i++) {
        Tree t = TREES.trees().get(i);
        packed[i] = TreeInput.pack(t.lefts(), t.rights(), t.words(), ROOM);
        scores[i] = t.scores();
      }
    }

    void run(int count) {
      for (int i = 0; i < count; i++) {
        int tree = next++ % packed.length;
        copy(packed[tree], step.input("tree"));
        copy(scores[tree], step.input("score"));
        step.input("nodes").set(ValueLayout.JAVA_INT, 0, scores[tree].length);
        step.run();
      }
    }

    private static void copy(int[] from, MemorySegment to) {
      MemorySegment.copy(from, 0, to, ValueLayout.JAVA_INT, 0, from.length);
    }

    @Override
    public void close() {
      step.close();
      state.close();
    }
  }

  private static Target target(String name) {
    Targets found = Targets.find();
    boolean usable = found.all().stream().anyMatch(c -> c.name().equals(name) && c.usable());
    Assumptions.assumeTrue(usable, () -> "target " + name + " cannot be used here");
    return found.choose(name).target();
  }

  @ParameterizedTest
  @ValueSource(strings = {"x64", "jvm"})
  @DisplayName("8: arena and stacks of frames stay as large as the first epoch made them")
  void memoryIsThatOfTheFirstEpoch(String name) {
    try (Steps steps = new Steps(target(name))) {
      steps.run(50);
      var reserved = steps.step.reserved();
      long peak = steps.step.memory().peakBytes();
      assertThat(reserved.arena()).isPositive();
      assertThat(peak).isPositive();
      for (int epoch = 1; epoch < 10; epoch++) {
        steps.run(50);
        assertThat(steps.step.reserved()).as("after epoch %d", epoch).isEqualTo(reserved);
        assertThat(steps.step.memory().peakBytes()).isEqualTo(peak);
      }
    }
  }

  @Test
  @DisplayName("7: 10,000 warm steps over trees allocate nothing on the heap")
  void warmStepsAllocateNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long id = Thread.currentThread().threadId();
    try (Steps steps = new Steps(target("x64"))) {
      steps.run(6_000);
      long before = threads.getThreadAllocatedBytes(id);
      long measuring = threads.getThreadAllocatedBytes(id) - before;
      long least = Long.MAX_VALUE;
      // Code that is compiled anew meanwhile may allocate once; what each step takes stays.
      for (int attempt = 0; attempt < 5 && least > 0; attempt++) {
        before = threads.getThreadAllocatedBytes(id);
        steps.run(10_000);
        least = Math.min(least, threads.getThreadAllocatedBytes(id) - before - measuring);
      }
      assertThat(least).isZero();
    }
  }
}
