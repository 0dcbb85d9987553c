package dev.retrograde.nn.recurrent;

import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.nn.Initializer;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The cell of a TreeLSTM over trees with any number of children in no order (Tai, Socher and
/// Manning, ACL 2015, section 3.1, equations 2 to 8): `i, o = sigmoid(..)`, `u = tanh(..)` of the
/// node's input and the sum of its children's h; for each child a forget gate of the input and that
/// child's h; `c = i u + sum f_k c_k`, `h = o tanh(c)`.
///
/// **Parameters** below the current path, gates side by side: `input: [in, 4 hidden]` (i, o, u, f),
/// `children: [hidden, 3 hidden]` (i, o, u), `forget: [hidden, hidden]`, `bias: [4 hidden]`. All
/// tensors may have leading axes: a row a node.
///
/// @param hidden numbers of each part of the state, at least 1
/// @param merged whether gates share a product; else each has one of its own with its columns of
///   the weight
/// @param init of each gate's weights
/// @param line where the cell was written down
public record ChildSumTreeLstm(int hidden, boolean merged, Initializer init, String line) {
  private static final int FORGET = 3;

  public ChildSumTreeLstm {
    if (hidden < 1) {
      throw new IllegalArgumentException(
          "childSumTreeLstm: expected at least 1 hidden number, found " + hidden);
    }
  }

  /// A product for each gate, instead of one for all.
  public ChildSumTreeLstm separateGates() {
    return new ChildSumTreeLstm(hidden, false, init, line);
  }

  public ChildSumTreeLstm init(Initializer weights) {
    return new ChildSumTreeLstm(hidden, merged, weights, line);
  }

  /// What nodes get of their own inputs and of those of their parents, biases included.
  ///
  /// @param gates of i, o and u, side by side, `[..., 3 hidden]`
  /// @param forget of the forget gates of a node's children, `[..., hidden]`
  public record Inputs(Tensor gates, Tensor forget) {}

  /// The inputs' part of equations 3 to 6, for any number of nodes at once.
  ///
  /// @param input the nodes' vectors, `[..., in]`
  public Inputs inputs(Trace t, Tensor input) {
    Gates all = projected(t, input, bias(t, input.dtype()));
    Tensor[] three = all.parts().subList(0, FORGET).toArray(Tensor[]::new);
    return new Inputs(t.concat(input.rank() - 1, three), all.gate(t, FORGET));
  }

  /// The state of a node, from its part of [Inputs#gates] and what its children gave.
  ///
  /// @param gates `[..., 3 hidden]`
  /// @param sums the sum of the children's h, and that of their c after their forget gates; null
  ///   for a leaf
  public TreeState summed(Trace t, Tensor gates, @Nullable TreeState sums) {
    Gates own = Gates.of(t, gates, hidden, false);
    return state(
        t,
        sums == null ? own : each(t, below(t, sums.h()), own, FORGET),
        sums == null ? null : sums.c());
  }

  /// The forget gate of a child (equation 4).
  ///
  /// @param above its parent's part of [Inputs#forget]
  /// @param child its h
  public Tensor forget(Trace t, Tensor above, Tensor child) {
    Init start = init.of(hidden, hidden);
    Tensor forget = t.parameter("forget", child.dtype(), start, hidden, hidden);
    return t.apply(Functions.SIGMOID, t.add(above, t.matmul(child, forget)));
  }

  /// The state of a node whose children are known when tracing; [ChildSumTree] walks trees that are
  /// data.
  ///
  /// @param input its vector, `[..., in]`; null for a node with children and no input of its own
  /// @param children their states, `[..., hidden]` each; none for a leaf
  public TreeState node(Trace t, @Nullable Tensor input, List<TreeState> children) {
    if (input == null && children.isEmpty()) {
      throw new IllegalArgumentException(
          "childSumTreeLstm '%s' (%s): expected an input or children, found neither."
              .formatted(t.path(), line));
    }
    Gates own = bias(t, input == null ? children.get(0).h().dtype() : input.dtype());
    if (input != null) {
      own = projected(t, input, own);
    }
    if (children.isEmpty()) {
      return state(t, own, null);
    }
    Tensor sum = children.get(0).h();
    for (TreeState child : children.subList(1, children.size())) {
      sum = t.add(sum, child.h());
    }
    Tensor kept = null;
    for (TreeState child : children) {
      Tensor part = t.mul(forget(t, own.gate(t, FORGET), child.h()), child.c());
      kept = kept == null ? part : t.add(kept, part);
    }
    return state(t, each(t, below(t, sum), own, FORGET), kept);
  }

  private Gates bias(Trace t, DType d) {
    return Gates.of(t, t.parameter("bias", d, new Init.Fill(0), 4 * hidden), hidden, false);
  }

  private Gates projected(Trace t, Tensor input, Gates bias) {
    int in = input.dim(-1);
    Tensor weight = t.parameter("input", input.dtype(), init.of(in, hidden), in, 4 * hidden);
    return each(t, Gates.of(t, weight, hidden, merged).product(t, input), bias, 4);
  }

  private Gates below(Trace t, Tensor sum) {
    Init start = init.of(hidden, hidden);
    Tensor weight = t.parameter("children", sum.dtype(), start, hidden, 3 * hidden);
    return Gates.of(t, weight, hidden, merged).product(t, sum);
  }

  /// Equations 5 to 8.
  ///
  /// @param kept the sum of the children's c after their forget gates; null for none
  private static TreeState state(Trace t, Gates own, @Nullable Tensor kept) {
    Tensor i = t.apply(Functions.SIGMOID, own.gate(t, 0));
    Tensor o = t.apply(Functions.SIGMOID, own.gate(t, 1));
    Tensor u = t.apply(Functions.TANH, own.gate(t, 2));
    Tensor c = t.mul(i, u);
    if (kept != null) {
      c = t.add(c, kept);
    }
    return new TreeState(t.mul(o, t.apply(Functions.TANH, c)), c);
  }

  /// The first `count` gates of both added, the others as in `more`.
  private Gates each(Trace t, Gates product, Gates more, int count) {
    List<Tensor> parts = new ArrayList<>(more.parts());
    for (int g = 0; g < count; g++) {
      parts.set(g, t.add(product.gate(t, g), more.gate(t, g)));
    }
    return new Gates(parts, hidden);
  }
}
