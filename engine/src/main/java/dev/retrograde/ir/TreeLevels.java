package dev.retrograde.ir;

import java.util.Arrays;

/// A binary tree's nodes by height, as [TreeOp] wants them: made once for each tree, outside the
/// program.
///
/// Children have larger numbers than their parent and node 0 is the root, which is what a reader in
/// any order from the root downwards gives.
public final class TreeLevels {
  private final int[] order;
  private final int[] starts;
  private final int levels;

  private TreeLevels(int[] order, int[] starts, int levels) {
    this.order = order;
    this.starts = starts;
    this.levels = levels;
  }

  /// Sorts the nodes of a tree.
  ///
  /// @param left number of the left child of each node, -1 for none; likewise `right`. Both may be
  ///   longer than the tree
  /// @param count nodes of the tree, possibly none
  /// @param heights room for heights: a leaf alone is one, a chain of n nodes n
  /// @throws IllegalArgumentException if this is no tree, or a higher one; it says which node
  public static TreeLevels of(int[] left, int[] right, int count, int heights) {
    if (left.length != right.length || count < 0 || count > left.length) {
      throw new IllegalArgumentException(
          "a tree of "
              + count
              + " nodes in arrays of "
              + left.length
              + " and "
              + right.length
              + "; equal arrays with room for all nodes are expected");
    }
    int[] height = heights(left, right, count);
    int levels = count == 0 ? 0 : height[0] + 1;
    if (levels > heights) {
      throw new IllegalArgumentException(
          "the tree is "
              + levels
              + " nodes high, there is room for "
              + heights
              + "; make the program for higher trees, or leave this one out");
    }
    int[] starts = new int[heights + 1];
    for (int i = 0; i < count; i++) {
      starts[height[i] + 1]++;
    }
    for (int h = 1; h <= heights; h++) {
      starts[h] += starts[h - 1];
    }
    int[] at = Arrays.copyOf(starts, heights);
    int[] order = new int[left.length];
    for (int i = 0; i < count; i++) {
      order[at[height[i]]++] = i;
    }
    return new TreeLevels(order, starts, levels);
  }

  private static int[] heights(int[] left, int[] right, int count) {
    int[] parent = new int[count];
    Arrays.fill(parent, -1);
    int[] height = new int[count];
    for (int i = count - 1; i >= 0; i--) {
      for (int child : new int[] {left[i], right[i]}) {
        if (child == -1) {
          continue;
        }
        if (child <= i || child >= count) {
          throw new IllegalArgumentException(
              "node "
                  + i
                  + " has child "
                  + child
                  + "; a child is -1 or a number above its parent's and below "
                  + count
                  + (child >= 0 && child <= i ? ", so that there are no cycles" : ""));
        }
        if (parent[child] >= 0) {
          throw new IllegalArgumentException(
              "node "
                  + child
                  + " is a child of "
                  + i
                  + " and of "
                  + parent[child]
                  + "; a node has one parent");
        }
        parent[child] = i;
        height[i] = Math.max(height[i], height[child] + 1);
      }
    }
    for (int i = 1; i < count; i++) {
      if (parent[i] < 0) {
        throw new IllegalArgumentException(
            "node " + i + " is nobody's child; only node 0 is a root");
      }
    }
    return height;
  }

  /// Nodes by ascending height, as many as the arrays are long; past the tree's nodes zeros.
  public int[] order() {
    return order.clone();
  }

  /// Where in [#order()] each height begins, and where the last one ends; one more than there is
  /// room for heights.
  public int[] starts() {
    return starts.clone();
  }

  /// How many heights the tree has.
  public int levels() {
    return levels;
  }
}
