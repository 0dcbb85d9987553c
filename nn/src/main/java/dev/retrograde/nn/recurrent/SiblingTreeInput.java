package dev.retrograde.nn.recurrent;

import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.TreeLevels;
import dev.retrograde.nn.Site;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/// A tree whose nodes have any number of children and a word each, such as a dependency tree, as
/// the one input of a layer: `i32 [1, 7, n + 1]` with room for n nodes.
///
/// It is written as the binary tree of first children and next siblings (Knuth, "The art of
/// computer programming", volume 1, section 2.3.2): what a node needs of its children is a sum, and
/// a sum can be carried from sibling to sibling. The rows are those of a [TreeInput], with first
/// children as left and next siblings as right ones, and the number of each node's parent behind
/// them. Siblings stand by falling height of their own trees, which makes the binary tree as low as
/// this encoding allows: a node is as high as the largest of its children's heights plus their
/// places.
///
/// @param binary the tree of first children and next siblings, with the words
/// @param parents number of each node's parent, i32[n]; 0 for the root and for rows past the tree
public record SiblingTreeInput(TreeInput binary, Tensor parents) {
  /// Rows of the input.
  public static final int ROWS = TreeInput.ROWS + 1;

  /// Takes the input of a layer apart.
  ///
  /// @param what the layer, for messages
  public static SiblingTreeInput of(Trace t, String what, Tensor x) {
    if (x.dtype() != DType.I32
        || x.rank() != 3
        || x.dim(0) != 1
        || x.dim(1) != ROWS
        || x.dim(2) < 2) {
      throw Site.misfit(
          t,
          what,
          "",
          "one tree of siblings i32 [1, " + ROWS + ", nodes + 1]",
          x,
          "Give it trees that SiblingTreeInput.pack made, one at a time: a batch of 1.");
    }
    int wide = x.dim(2);
    Tensor binary = slice(t, x, 0, TreeInput.ROWS, wide);
    Tensor parents = t.reshape(slice(t, x, TreeInput.ROWS, 1, wide - 1), wide - 1);
    return new SiblingTreeInput(TreeInput.of(t, what, binary), parents);
  }

  private static Tensor slice(Trace t, Tensor x, int row, int rows, int size) {
    return t.op(new MoveOp.Slice(List.of(0, row, 0), List.of(1, rows, size), List.of(1, 1, 1)), x);
  }

  /// The numbers of an input, row by row.
  ///
  /// @param parent number of each node's parent, below that of the node; -1 for node 0, the root
  /// @param word code of each node's word
  /// @param room for how many nodes, at least as many as there are
  /// @throws IllegalArgumentException if this is no tree, or if it has more nodes
  public static int[] pack(int[] parent, int[] word, int room) {
    int count = parent.length;
    if (count > room || word.length != count) {
      throw new IllegalArgumentException(
          "expected a tree of at most %d nodes with a word each, found %d nodes and %d words; make the program for larger trees, or leave this one out"
              .formatted(room, count, word.length));
    }
    check(parent);
    int[] first = new int[count];
    int[] next = new int[count];
    link(parent, first, next);
    int[] number = renumbered(first, next);
    TreeLevels levels = levels(first, next, number, room);
    int wide = room + 1;
    int[] x = new int[ROWS * wide];
    int[] old = inverse(number);
    for (int i = 0; i < count; i++) {
      x[i] = first[i];
      x[wide + i] = next[i];
      x[2 * wide + i] = old[levels.order()[i]];
      x[4 * wide + i] = word[i];
      x[6 * wide + i] = Math.max(0, parent[i]);
    }
    System.arraycopy(levels.starts(), 0, x, 3 * wide, wide);
    x[5 * wide] = levels.levels();
    return x;
  }

  /// How many heights the encoded tree has, which are as many steps of a fold by height. The tree
  /// itself may have fewer.
  public static int levels(int[] parent) {
    check(parent);
    int[] first = new int[parent.length];
    int[] next = new int[parent.length];
    link(parent, first, next);
    return levels(first, next, renumbered(first, next), parent.length).levels();
  }

  private static void check(int[] parent) {
    for (int i = 0; i < parent.length; i++) {
      if (i == 0 ? parent[0] != -1 : parent[i] < 0 || parent[i] >= i) {
        throw new IllegalArgumentException(
            "node %d has parent %d; expected %s, so that parents come before their children"
                .formatted(
                    i, parent[i], i == 0 ? "-1 for the root" : "a number from 0 to " + (i - 1)));
      }
    }
  }

  /// Chains the children of each node behind one another, the highest in front.
  private static void link(int[] parent, int[] first, int[] next) {
    int count = parent.length;
    Arrays.fill(first, -1);
    Arrays.fill(next, -1);
    int[][] children = new int[count][];
    int[] sizes = new int[count];
    for (int i = 1; i < count; i++) {
      sizes[parent[i]]++;
    }
    for (int i = 0; i < count; i++) {
      children[i] = new int[sizes[i]];
    }
    for (int i = count - 1; i > 0; i--) {
      children[parent[i]][--sizes[parent[i]]] = i;
    }
    // The height of a node's own tree as it is encoded, without its siblings.
    int[] height = new int[count];
    for (int i = count - 1; i >= 0; i--) {
      int[] order =
          Arrays.stream(children[i])
              .boxed()
              .sorted(Comparator.<Integer>comparingInt(k -> -height[k]).thenComparingInt(k -> k))
              .mapToInt(k -> k)
              .toArray();
      for (int place = 0; place < order.length; place++) {
        height[i] = Math.max(height[i], height[order[place]] + place + 1);
        next[order[place]] = place + 1 < order.length ? order[place + 1] : -1;
      }
      first[i] = order.length == 0 ? -1 : order[0];
    }
  }

  /// New numbers by which both kinds of children come behind the node that names them.
  private static int[] renumbered(int[] first, int[] next) {
    int[] number = new int[first.length];
    int[] waiting = new int[first.length + 1];
    int size = 0;
    if (first.length > 0) {
      waiting[size++] = 0;
    }
    for (int k = 0; size > 0; k++) {
      int i = waiting[--size];
      number[i] = k;
      if (next[i] >= 0) {
        waiting[size++] = next[i];
      }
      if (first[i] >= 0) {
        waiting[size++] = first[i];
      }
    }
    return number;
  }

  private static int[] inverse(int[] number) {
    int[] old = new int[number.length];
    for (int i = 0; i < number.length; i++) {
      old[number[i]] = i;
    }
    return old;
  }

  private static TreeLevels levels(int[] first, int[] next, int[] number, int room) {
    int[] left = new int[room];
    int[] right = new int[room];
    for (int i = 0; i < number.length; i++) {
      left[number[i]] = first[i] < 0 ? -1 : number[first[i]];
      right[number[i]] = next[i] < 0 ? -1 : number[next[i]];
    }
    return TreeLevels.of(left, right, number.length, room);
  }
}
