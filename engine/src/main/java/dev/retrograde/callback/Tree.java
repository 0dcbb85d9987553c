package dev.retrograde.callback;

/// Checks of binary trees that are given as arrays of children, node 0 the root.
///
/// A child has one parent and the root has none, so no path comes back to where it was: recursion
/// over such arrays ends.
final class Tree {
  private Tree() {}

  static void check(int[] left, int[] right) {
    if (left.length != right.length) {
      throw Place.fail(
          left.length + " left and " + right.length + " right children; expected one each a node");
    }
    boolean[] taken = new boolean[left.length];
    for (int i = 0; i < left.length; i++) {
      take(i, left[i], taken);
      take(i, right[i], taken);
    }
  }

  /// The same for trees whose nodes have two children or none, and with at least one node.
  static void checkFull(int[] left, int[] right) {
    check(left, right);
    if (left.length == 0) {
      throw Place.fail("a tree without nodes; expected at least the root");
    }
    for (int i = 0; i < left.length; i++) {
      if (left[i] < 0 != right[i] < 0) {
        throw Place.fail(
            "node "
                + i
                + " has one child; expected two or none: use the form with a value for a missing"
                + " child");
      }
    }
  }

  private static void take(int parent, int child, boolean[] taken) {
    if (child < -1 || child >= taken.length || child == 0) {
      throw Place.fail(
          "child "
              + child
              + " of node "
              + parent
              + " is not a node below the root; expected 1 to "
              + (taken.length - 1)
              + ", or -1 for none");
    }
    if (child > 0) {
      if (taken[child]) {
        throw Place.fail(
            "node " + child + " is a child of node " + parent + " and of another; no tree");
      }
      taken[child] = true;
    }
  }
}
