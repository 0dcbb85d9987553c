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

  /// The state of a node.
  ///
  /// @param input its vector, `[..., in]`; null for a node with children and no input of its own
  /// @param children their states, `[..., hidden]` each; none for a leaf
  public TreeState node(Trace t, @Nullable Tensor input, List<TreeState> children) {
    if (input == null && children.isEmpty()) {
      throw new IllegalArgumentException(
          "childSumTreeLstm '%s' (%s): expected an input or children, found neither."
              .formatted(t.path(), line));
    }
    DType d = input == null ? children.get(0).h().dtype() : input.dtype();
    Tensor bias = t.parameter("bias", d, new Init.Fill(0), 4 * hidden);
    Gates own = Gates.of(t, bias, hidden, false);
    if (input != null) {
      int in = input.dim(-1);
      Tensor weight = t.parameter("input", d, init.of(in, hidden), in, 4 * hidden);
      Gates product = Gates.of(t, weight, hidden, merged).product(t, input);
      own = each(t, product, own, 4);
    }
    if (!children.isEmpty()) {
      Tensor sum = children.get(0).h();
      for (TreeState child : children.subList(1, children.size())) {
        sum = t.add(sum, child.h());
      }
      Tensor weight = t.parameter("children", d, init.of(hidden, hidden), hidden, 3 * hidden);
      Gates product = Gates.of(t, weight, hidden, merged).product(t, sum);
      own = each(t, product, own, 3);
    }
    Tensor i = t.apply(Functions.SIGMOID, own.gate(t, 0));
    Tensor o = t.apply(Functions.SIGMOID, own.gate(t, 1));
    Tensor u = t.apply(Functions.TANH, own.gate(t, 2));
    Tensor c = t.mul(i, u);
    for (TreeState child : children) {
      Tensor forget = t.parameter("forget", d, init.of(hidden, hidden), hidden, hidden);
      Tensor f =
          t.apply(Functions.SIGMOID, t.add(own.gate(t, FORGET), t.matmul(child.h(), forget)));
      c = t.add(c, t.mul(f, child.c()));
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
