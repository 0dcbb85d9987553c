package dev.retrograde.nn.recurrent;

import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.TreeLevels;
import dev.retrograde.nn.Site;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import dev.retrograde.trace.TreeControl.Tree;
import java.util.List;

/// A binary tree with words at its leaves, as the one input of a layer: `i32 [1, 6, n + 1]` with
/// room for n nodes. Its rows: left children, right children, nodes by height, where each height
/// begins, words, and the number of heights in the first place of the last row.
///
/// @param tree the shape
/// @param words the code of each node's word, i32[n]; 0 where a node has none
public record TreeInput(Tree tree, Tensor words) {
  /// Rows of the input.
  public static final int ROWS = 6;

  /// Takes the input of a layer apart.
  ///
  /// @param what the layer, for messages
  public static TreeInput of(Trace t, String what, Tensor x) {
    if (x.dtype() != DType.I32
        || x.rank() != 3
        || x.dim(0) != 1
        || x.dim(1) != ROWS
        || x.dim(2) < 2) {
      throw Site.misfit(
          t,
          what,
          "",
          "one tree i32 [1, " + ROWS + ", nodes + 1]",
          x,
          "Give it trees, one at a time: a batch of 1.");
    }
    int n = x.dim(2) - 1;
    Tensor levels = t.reshape(row(t, x, 5, 1));
    Tree tree =
        new Tree(row(t, x, 0, n), row(t, x, 1, n), row(t, x, 2, n), row(t, x, 3, n + 1), levels);
    return new TreeInput(tree, row(t, x, 4, n));
  }

  private static Tensor row(Trace t, Tensor x, int row, int size) {
    List<Integer> starts = List.of(0, row, 0);
    Tensor cut = t.op(new MoveOp.Slice(starts, List.of(1, 1, size), List.of(1, 1, 1)), x);
    return t.reshape(cut, size);
  }

  /// The numbers of an input, row by row.
  ///
  /// @param left number of each node's left child, -1 for none; likewise `right`
  /// @param word code of each node's word, below 0 for none
  /// @param room for how many nodes, at least as many as there are
  /// @throws IllegalArgumentException if this is no tree with node 0 as root and children behind
  ///   their parents, or if it has more nodes
  public static int[] pack(int[] left, int[] right, int[] word, int room) {
    int count = left.length;
    TreeLevels levels = TreeLevels.of(left, right, count, room);
    int[] order = levels.order();
    int[] starts = levels.starts();
    int wide = room + 1;
    int[] x = new int[ROWS * wide];
    for (int i = 0; i < count; i++) {
      x[i] = left[i];
      x[wide + i] = right[i];
      x[2 * wide + i] = order[i];
      x[4 * wide + i] = Math.max(0, word[i]);
    }
    System.arraycopy(starts, 0, x, 3 * wide, wide);
    x[5 * wide] = levels.levels();
    return x;
  }
}
