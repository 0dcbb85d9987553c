package dev.retrograde.nn.recurrent;

import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.nn.Initializer;
import dev.retrograde.nn.Site;
import dev.retrograde.scalar.Functions;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;

/// The cell of a TreeLSTM over binary trees with words at the leaves (Tai, Socher and Manning,
/// "Improved semantic representations from tree-structured long short-term memory networks", ACL
/// 2015, section 3.2 with N = 2). Functions from the states of children to that of their parent:
/// how the tree is walked comes from elsewhere.
///
/// Leaf: `i, o = sigmoid(..)`, `u = tanh(..)` of the word, `c = i u`, `h = o tanh(c)`. Inner node:
/// `i, o, u` and one forget gate a child, each of both children's h, `c = i u + f_l c_l + f_r c_r`.
///
/// Departs from the paper: leaves have weights of their own, without a forget gate, and inner nodes
/// see no word; the two forget gates share one bias, which starts at 0.
///
/// **Parameters** below the current path, gates side by side: `leaf: [in, 3 hidden]` (i, o, u),
/// `leaf_bias: [3 hidden]`, `left` and `right: [hidden, 5 hidden]` (i, o, u, f_l, f_r) for what
/// either child gives, `bias: [4 hidden]` (i, o, u, f). All tensors may have leading axes: a row a
/// node. Nothing else is captured, so the functions may be traced inside a function of the program.
///
/// @param hidden numbers of each part of the state, at least 1
/// @param merged whether the gates of a child share a product; else each has one of its own with
///   its columns of the weight
/// @param init of each gate's weights
/// @param line where the cell was written down
public record BinaryTreeLstm(int hidden, boolean merged, Initializer init, String line) {
  private static final int LEAF_GATES = 3;
  private static final int INNER_GATES = 5;

  public BinaryTreeLstm {
    if (hidden < 1) {
      throw new IllegalArgumentException(
          "binaryTreeLstm: expected at least 1 hidden number, found " + hidden);
    }
  }

  /// A product for each gate, instead of one for all.
  public BinaryTreeLstm separateGates() {
    return new BinaryTreeLstm(hidden, false, init, line);
  }

  public BinaryTreeLstm init(Initializer weights) {
    return new BinaryTreeLstm(hidden, merged, weights, line);
  }

  /// The state of a leaf.
  ///
  /// @param word its vector, `[..., in]`
  public TreeState leaf(Trace t, Tensor word) {
    if (word.rank() < 1 || !word.dtype().isFloat()) {
      throw Site.misfit(
          t, "binaryTreeLstm", line, "word vectors [..., in]", word, "Embed the words first.");
    }
    int in = word.dim(-1);
    int wide = LEAF_GATES * hidden;
    Tensor weight = t.parameter("leaf", word.dtype(), init.of(in, hidden), in, wide);
    Tensor bias = t.parameter("leaf_bias", word.dtype(), new Init.Fill(0), wide);
    Gates sum =
        Gates.of(t, weight, hidden, merged)
            .product(t, word)
            .plus(t, Gates.of(t, bias, hidden, merged));
    Tensor c = t.mul(sigmoid(t, sum.gate(t, 0)), tanh(t, sum.gate(t, 2)));
    return new TreeState(t.mul(sigmoid(t, sum.gate(t, 1)), tanh(t, c)), c);
  }

  /// The state of a node from those of its children, all of one shape `[..., hidden]`.
  public TreeState inner(Trace t, TreeState left, TreeState right) {
    if (!left.h().type().equals(right.h().type()) || left.h().dim(-1) != hidden) {
      throw Site.misfit(
          t,
          "binaryTreeLstm",
          line,
          "children of one shape [..., " + hidden + "], the left one " + left.h().type(),
          right.h(),
          "Give it what leaf(..) or inner(..) gave.");
    }
    Gates sum = weights(t, "left", left).product(t, left.h());
    sum = sum.plus(t, weights(t, "right", right).product(t, right.h()));
    Tensor bias = t.parameter("bias", left.h().dtype(), new Init.Fill(0), 4 * hidden);
    Tensor i = sigmoid(t, biased(t, sum, 0, bias, 0));
    Tensor o = sigmoid(t, biased(t, sum, 1, bias, 1));
    Tensor u = tanh(t, biased(t, sum, 2, bias, 2));
    Tensor forgetLeft = sigmoid(t, biased(t, sum, 3, bias, 3));
    Tensor forgetRight = sigmoid(t, biased(t, sum, 4, bias, 3));
    Tensor kept = t.add(t.mul(forgetLeft, left.c()), t.mul(forgetRight, right.c()));
    Tensor c = t.add(t.mul(i, u), kept);
    return new TreeState(t.mul(o, tanh(t, c)), c);
  }

  private Gates weights(Trace t, String name, TreeState child) {
    Init start = init.of(2L * hidden, hidden);
    int wide = INNER_GATES * hidden;
    return Gates.of(t, t.parameter(name, child.h().dtype(), start, hidden, wide), hidden, merged);
  }

  private Tensor biased(Trace t, Gates sum, int gate, Tensor bias, int column) {
    return t.add(sum.gate(t, gate), Gates.columns(t, bias, column, 1, hidden));
  }

  private static Tensor sigmoid(Trace t, Tensor x) {
    return t.apply(Functions.SIGMOID, x);
  }

  private static Tensor tanh(Trace t, Tensor x) {
    return t.apply(Functions.TANH, x);
  }
}
