package dev.retrograde.nn.recurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Type;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Layers;
import dev.retrograde.nn.Summary;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TreeCellsTest {
  private static final int IN = 3;
  private static final int H = 2;

  /// `((a b) c)` with word vectors as rows of `x`, `[3, IN]`.
  private static Traced.Body binary(BinaryTreeLstm cell, boolean rows) {
    return (t, in) -> {
      Tensor x = in.get("x");
      TreeState[] leaves = new TreeState[3];
      for (int i = 0; i < 3; i++) {
        Tensor word = t.slice(x, List.of(i, 0), List.of(1, IN));
        leaves[i] = cell.leaf(t, rows ? word : t.reshape(word, IN));
      }
      TreeState pair = cell.inner(t, leaves[0], leaves[1]);
      TreeState root = cell.inner(t, pair, leaves[2]);
      return List.of(root.h(), root.c(), pair.h());
    };
  }

  private static final Map<String, HostTensor> WORDS = Map.of("x", Traced.random(1, 3, IN));

  private static double[][] leaf(Traced p, double[] word) {
    double[] sums = sums(word, p.parameter("leaf"), p.parameter("leaf_bias"));
    double[][] state = new double[2][H];
    for (int j = 0; j < H; j++) {
      state[1][j] = Reference.sigmoid(sums[j]) * Math.tanh(sums[2 * H + j]);
      state[0][j] = Reference.sigmoid(sums[H + j]) * Math.tanh(state[1][j]);
    }
    return state;
  }

  private static double[][] inner(Traced p, double[][] left, double[][] right) {
    double[] l = sums(left[0], p.parameter("left"), new double[5 * H]);
    double[] r = sums(right[0], p.parameter("right"), new double[5 * H]);
    double[] bias = p.parameter("bias");
    double[][] state = new double[2][H];
    for (int j = 0; j < H; j++) {
      double[] gate = new double[5];
      for (int g = 0; g < 5; g++) {
        gate[g] = l[g * H + j] + r[g * H + j] + bias[Math.min(g, 3) * H + j];
      }
      state[1][j] =
          Reference.sigmoid(gate[0]) * Math.tanh(gate[2])
              + Reference.sigmoid(gate[3]) * left[1][j]
              + Reference.sigmoid(gate[4]) * right[1][j];
      state[0][j] = Reference.sigmoid(gate[1]) * Math.tanh(state[1][j]);
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

  private static double[] row(HostTensor x, int row) {
    double[] all = Traced.numbers(x);
    return Arrays.copyOfRange(all, row * IN, (row + 1) * IN);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theBinaryCellIsItsFormula(boolean rows) {
    Traced p = Traced.of(WORDS, binary(Sequences.binaryTreeLstm(H), rows));
    HostTensor x = p.inputs.get("x");
    double[][] pair = inner(p, leaf(p, row(x, 0)), leaf(p, row(x, 1)));
    double[][] root = inner(p, pair, leaf(p, row(x, 2)));
    for (int j = 0; j < H; j++) {
      assertThat(p.result(0).get(j)).isCloseTo(root[0][j], within(1e-12));
      assertThat(p.result(1).get(j)).isCloseTo(root[1][j], within(1e-12));
      assertThat(p.result(2).get(j)).isCloseTo(pair[0][j], within(1e-12));
    }
  }

  @Test
  void separateGatesGiveTheSameBits() {
    BinaryTreeLstm cell = Sequences.binaryTreeLstm(H);
    double[] merged = Traced.numbers(Traced.of(WORDS, binary(cell, true)).result(0));
    assertThat(Traced.numbers(Traced.of(WORDS, binary(cell.separateGates(), true)).result(0)))
        .isEqualTo(merged);
    ChildSumTreeLstm sum = Sequences.childSumTreeLstm(H);
    double[] node = Traced.numbers(Traced.of(WORDS, children(sum)).result(0));
    assertThat(Traced.numbers(Traced.of(WORDS, children(sum.separateGates())).result(0)))
        .isEqualTo(node);
  }

  @Test
  void gradientsEqualCentralDifferences() {
    assertThat(
            Traced.differentiated(WORDS, binary(Sequences.binaryTreeLstm(H), true)).gradientError())
        .isLessThan(1e-7);
    assertThat(
            Traced.differentiated(WORDS, children(Sequences.childSumTreeLstm(H))).gradientError())
        .isLessThan(1e-7);
  }

  /// A node with the third word as input and the first two as children, below one without input.
  private static Traced.Body children(ChildSumTreeLstm cell) {
    return (t, in) -> {
      Tensor[] words = new Tensor[3];
      for (int i = 0; i < 3; i++) {
        words[i] = t.slice(in.get("x"), List.of(i, 0), List.of(1, IN));
      }
      TreeState a = cell.node(t, words[0], List.of());
      TreeState b = cell.node(t, words[1], List.of());
      TreeState node = cell.node(t, words[2], List.of(a, b));
      TreeState top = cell.node(t, null, List.of(node, a, b));
      return List.of(node.h(), node.c(), top.h());
    };
  }

  private static double[][] childSum(Traced p, double[] word, double[][]... children) {
    double[] x = sums(word, p.parameter("input"), p.parameter("bias"));
    double[] sum = new double[H];
    for (double[][] child : children) {
      for (int j = 0; j < H; j++) {
        sum[j] += child[0][j];
      }
    }
    double[] u = sums(sum, p.parameter("children"), new double[3 * H]);
    double[][] state = new double[2][H];
    for (int j = 0; j < H; j++) {
      state[1][j] = Reference.sigmoid(x[j] + u[j]) * Math.tanh(x[2 * H + j] + u[2 * H + j]);
      for (double[][] child : children) {
        double f = x[3 * H + j] + sums(child[0], p.parameter("forget"), new double[H])[j];
        state[1][j] += Reference.sigmoid(f) * child[1][j];
      }
      state[0][j] = Reference.sigmoid(x[H + j] + u[H + j]) * Math.tanh(state[1][j]);
    }
    return state;
  }

  @Test
  void theChildSumCellIsItsFormula() {
    Traced p = Traced.of(WORDS, children(Sequences.childSumTreeLstm(H)));
    HostTensor x = p.inputs.get("x");
    double[][] a = childSum(p, row(x, 0));
    double[][] b = childSum(p, row(x, 1));
    double[][] node = childSum(p, row(x, 2), a, b);
    double[][] top = childSum(p, new double[IN], node, a, b);
    for (int j = 0; j < H; j++) {
      assertThat(p.result(0).get(j)).isCloseTo(node[0][j], within(1e-12));
      assertThat(p.result(1).get(j)).isCloseTo(node[1][j], within(1e-12));
      assertThat(p.result(2).get(j)).isCloseTo(top[0][j], within(1e-12));
    }
  }

  /// `(((a b) c) (b a))` as arrays; words are rows of `x`.
  @Test
  void theCellServesAFunctionThatWalksATree() {
    Map<String, HostTensor> in = new LinkedHashMap<>(WORDS);
    in.put("first", Traced.ints(1, 2, 3, -1, -1, -1, 7, -1, -1));
    in.put("second", Traced.ints(6, 5, 4, -1, -1, -1, 8, -1, -1));
    in.put("word", Traced.ints(-1, -1, -1, 0, 1, 2, -1, 1, 0));
    Traced p = Traced.differentiated(in, TreeCellsTest::walked);
    HostTensor x = p.inputs.get("x");
    double[][] pair = inner(p, leaf(p, row(x, 0)), leaf(p, row(x, 1)));
    double[][] first = inner(p, pair, leaf(p, row(x, 2)));
    double[][] second = inner(p, leaf(p, row(x, 1)), leaf(p, row(x, 0)));
    double[][] root = inner(p, first, second);
    for (int j = 0; j < H; j++) {
      assertThat(p.result(0).get(j)).isCloseTo(root[0][j], within(1e-12));
      assertThat(p.result(1).get(j)).isCloseTo(root[1][j], within(1e-12));
    }
    assertThat(p.run()).containsKeys("d x", "d left", "d leaf_bias");
    assertThat(p.gradientError()).isLessThan(1e-7);
  }

  private static List<Tensor> walked(Trace t, Map<String, Tensor> in) {
    BinaryTreeLstm cell = Sequences.binaryTreeLstm(H);
    Control control = new Control(t);
    Type part = Type.of(DType.F64, H);
    Control.Callable node =
        control.function("node", false, List.of(Type.of(DType.I32)), List.of(part, part));
    UnaryOperator<Tensor> none = i -> t.less(i, t.constant(DType.I32, 0));
    node.define(p -> {
      Tensor left = t.op(new MoveOp.Gather(), in.get("first"), p.get(0));
      return control.cond(
          none.apply(left),
          () -> {
            Tensor word = t.op(new MoveOp.Gather(), in.get("word"), p.get(0));
            return cell.leaf(t, t.op(new MoveOp.Gather(), in.get("x"), word)).parts();
          },
          () -> {
            Tensor right = t.op(new MoveOp.Gather(), in.get("second"), p.get(0));
            TreeState l = TreeState.of(node.call(left));
            return cell.inner(t, l, TreeState.of(node.call(right))).parts();
          });
    });
    return node.call(t.constant(DType.I32, 0));
  }

  @Test
  void theSpecifiedTreeLstmHasItsParameters() {
    BinaryTreeLstm cell = Sequences.binaryTreeLstm(150);
    Layer model =
        (t, words) -> {
          TreeState leaf = cell.leaf(t, words);
          TreeState node = cell.inner(t, leaf, leaf);
          return t.scope("fc", () -> Layers.dense(5).apply(t, node.h()));
        };
    Summary s = Summary.of(model, Type.of(DType.F32, 1, 300));
    assertThat(s.parameters()).isEqualTo(361_805);
  }

  @Test
  void statesThatDoNotFitAreNamed() {
    BinaryTreeLstm cell = Sequences.binaryTreeLstm(H);
    BinaryTreeLstm wide = Sequences.binaryTreeLstm(H + 1);
    Traced.Body wrong =
        (t, in) -> {
          TreeState leaf = cell.leaf(t, in.get("x"));
          return List.of(t.scope("other", () -> wide.inner(t, leaf, leaf).h()));
        };
    assertThatThrownBy(() -> Traced.of(WORDS, wrong))
        .hasMessageContaining("binaryTreeLstm 'other' (TreeCellsTest.java:")
        .hasMessageContaining("expected children of one shape [..., 3]");
    Traced.Body nothing =
        (t, in) -> List.of(Sequences.childSumTreeLstm(H).node(t, null, List.of()).h());
    assertThatThrownBy(() -> Traced.of(WORDS, nothing))
        .hasMessageContaining("expected an input or children, found neither");
  }
}
