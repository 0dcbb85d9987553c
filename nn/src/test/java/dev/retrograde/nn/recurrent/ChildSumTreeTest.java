package dev.retrograde.nn.recurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.ir.Type;
import dev.retrograde.jvm.JvmTarget;
import dev.retrograde.nn.Layer;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.runtime.StateStore.Segments;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The child-sum TreeLSTM over trees that are data, beside plain recursion.
class ChildSumTreeTest {
  private static final int IN = 3;
  private static final int H = 2;
  private static final int WORDS = 11;
  private static final int ROOM = 40;

  /// Parents of a random tree whose nodes have up to 7 children.
  static int[] parents(Random random, int nodes) {
    int[] parent = new int[nodes];
    int[] children = new int[nodes];
    parent[0] = -1;
    for (int i = 1; i < nodes; i++) {
      int p = random.nextInt(i);
      while (children[p] == 7) {
        p = (p + 1) % i;
      }
      parent[i] = p;
      children[p]++;
    }
    return parent;
  }

  private static Layer model(TreeOp.Form form) {
    Layer words =
        (t, codes) ->
            t.op(
                new MoveOp.Gather(),
                t.parameter("table", DType.F64, new Init.Normal(0, 1), WORDS, IN),
                codes);
    return new ChildSumTree(Sequences.childSumTreeLstm(H), words, form);
  }

  private static Traced traced(int[] parent, int[] word, TreeOp.Form form) {
    HostTensor x = Traced.ints(numbers(parent, word));
    HostTensor shaped =
        HostTensor.fill(Type.of(DType.I32, 1, SiblingTreeInput.ROWS, ROOM + 1), x::get);
    return Traced.differentiated(
        Map.of("x", shaped), (t, in) -> List.of(model(form).apply(t, in.get("x"))));
  }

  private static double[] numbers(int[] parent, int[] word) {
    return Arrays.stream(SiblingTreeInput.pack(parent, word, ROOM)).asDoubleStream().toArray();
  }

  private static int[] words(Random random, int nodes) {
    return random.ints(nodes, 0, WORDS).toArray();
  }

  /// h and c of a node, by recursion over its children.
  private static double[][] node(Traced p, int[] parent, int[] word, int i) {
    double[] x =
        sums(
            Arrays.copyOfRange(p.parameter("words.table"), word[i] * IN, (word[i] + 1) * IN),
            p.parameter("input"),
            p.parameter("bias"));
    double[] sum = new double[H];
    double[] kept = new double[H];
    for (int k = i + 1; k < parent.length; k++) {
      if (parent[k] == i) {
        double[][] child = node(p, parent, word, k);
        double[] forget = sums(child[0], p.parameter("forget"), new double[H]);
        for (int j = 0; j < H; j++) {
          sum[j] += child[0][j];
          kept[j] += Reference.sigmoid(x[3 * H + j] + forget[j]) * child[1][j];
        }
      }
    }
    double[] gates = sums(sum, p.parameter("children"), new double[3 * H]);
    double[][] state = new double[2][H];
    for (int j = 0; j < H; j++) {
      state[1][j] =
          Reference.sigmoid(x[j] + gates[j]) * Math.tanh(x[2 * H + j] + gates[2 * H + j]) + kept[j];
      state[0][j] = Reference.sigmoid(x[H + j] + gates[H + j]) * Math.tanh(state[1][j]);
    }
    return state;
  }

  private static double[] sums(double[] x, double[] matrix, double[] bias) {
    double[] sums = bias.clone();
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < sums.length; j++) {
        sums[j] += x[i] * matrix[i * sums.length + j];
      }
    }
    return sums;
  }

  private static void expectNodes(Traced p, int[] parent, int[] word, HostTensor found) {
    for (int i = 0; i < ROOM; i++) {
      double[] expected = i < parent.length ? node(p, parent, word, i)[0] : new double[H];
      for (int j = 0; j < H; j++) {
        assertThat(found.get(i * H + j)).as("node %d", i).isCloseTo(expected[j], within(1e-12));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8, 40})
  void everyNodeIsWhatRecursionSays(int nodes) {
    Random random = new Random(nodes);
    int[] parent = parents(random, nodes);
    int[] word = words(random, nodes);
    for (TreeOp.Form form : List.of(TreeOp.Form.standard(), TreeOp.Form.plain())) {
      Traced p = traced(parent, word, form);
      expectNodes(p, parent, word, p.result(0));
      Map<String, HostTensor> meaning = p.run();
      Map<String, HostTensor> compiled = compiled(p);
      expectNodes(p, parent, word, compiled.get("y0"));
      meaning.forEach((name, v) ->
          assertThat(Traced.numbers(compiled.get(name)))
              .as(name)
              .containsExactly(Traced.numbers(v), within(1e-10)));
    }
  }

  private static Map<String, HostTensor> compiled(Traced p) {
    Map<String, HostTensor> out = new LinkedHashMap<>();
    try (StateStore state = StateStore.of(1, p.program);
        Executable e = new JvmTarget().compile(p.program, state, Target.Options.DEFAULT)) {
      p.state.forEach(state::set);
      p.inputs.forEach((name, x) -> Segments.write(e.input(name), x));
      e.run();
      for (Program.Named o : e.program().outputs()) {
        out.put(o.name(), Segments.read(e.output(o.name()), o.value().type()));
      }
    }
    return out;
  }

  @Test
  void aChainAndAStarAreTrees() {
    for (int[] parent :
        List.of(new int[] {-1, 0, 1, 2, 3, 4}, new int[] {-1, 0, 0, 0, 0, 0, 0, 0})) {
      int[] word = words(new Random(3), parent.length);
      Traced p = traced(parent, word, TreeOp.Form.standard());
      expectNodes(p, parent, word, p.result(0));
      expectNodes(p, parent, word, compiled(p).get("y0"));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void gradientsEqualCentralDifferences(long seed) {
    Random random = new Random(seed);
    int[] parent = parents(random, 17);
    int[] word = words(random, 17);
    for (TreeOp.Form form : List.of(TreeOp.Form.standard(), TreeOp.Form.plain())) {
      assertThat(traced(parent, word, form).gradientError()).isLessThan(1e-7);
    }
  }

  @Test
  void theHighestChildStandsFirst() {
    // A chain of three beside two leaves: each of the leaves adds no height.
    assertThat(SiblingTreeInput.levels(new int[] {-1, 0, 0, 0, 3, 4})).isEqualTo(4);
    // Seven leaves wait for one another.
    assertThat(SiblingTreeInput.levels(new int[] {-1, 0, 0, 0, 0, 0, 0, 0})).isEqualTo(8);
    assertThat(SiblingTreeInput.levels(new int[] {-1})).isEqualTo(1);
    // Beside the heights of the trees themselves, over 200 trees of 40 nodes.
    long encoded = 0;
    long plain = 0;
    Random random = new Random(1);
    for (int k = 0; k < 200; k++) {
      int[] parent = parents(random, ROOM);
      encoded += SiblingTreeInput.levels(parent);
      plain += height(parent);
    }
    assertThat(encoded).isBetween(plain, 3 * plain / 2);
  }

  private static int height(int[] parent) {
    int[] height = new int[parent.length];
    for (int i = parent.length - 1; i > 0; i--) {
      height[parent[i]] = Math.max(height[parent[i]], height[i] + 1);
    }
    return height[0] + 1;
  }

  @Test
  void whatIsNoTreeIsNamed() {
    assertThatThrownBy(() -> SiblingTreeInput.pack(new int[] {-1, 0, 2}, new int[3], 4))
        .hasMessageContaining("node 2 has parent 2; expected a number from 0 to 1");
    assertThatThrownBy(() -> SiblingTreeInput.pack(new int[] {0}, new int[1], 4))
        .hasMessageContaining("expected -1 for the root");
    assertThatThrownBy(() -> SiblingTreeInput.pack(new int[] {-1, 0}, new int[2], 1))
        .hasMessageContaining("at most 1 nodes");
    assertThatThrownBy(() ->
            Traced.of(
                Map.of("x", Traced.ints(1, 2)),
                (t, in) -> List.of(model(TreeOp.Form.plain()).apply(t, in.get("x")))))
        .hasMessageContaining("SiblingTreeInput.pack");
  }
}
