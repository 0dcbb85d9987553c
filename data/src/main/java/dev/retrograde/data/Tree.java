package dev.retrograde.data;

import java.util.Arrays;

/// A binary tree with a label at every node and a word at every leaf, as four arrays over its
/// nodes. Node 0 is the root, children come after their parent, and [#NONE] stands for no child and
/// for the word of a node with children. Immutable.
public final class Tree {
  /// No child, no word.
  public static final int NONE = -1;

  private final int[] score;
  private final int[] word;
  private final int[] left;
  private final int[] right;

  private Tree(int[] score, int[] word, int[] left, int[] right) {
    this.score = score;
    this.word = word;
    this.left = left;
    this.right = right;
  }

  /// @param score the label of each node, at least 0
  /// @param word the code of each leaf's word, at least 0; [#NONE] elsewhere
  /// @param left the number of each node's first child; [#NONE] at leaves
  /// @param right the number of each node's second child; [#NONE] at leaves
  /// @throws IllegalArgumentException if they are no tree as described above
  public static Tree of(int[] score, int[] word, int[] left, int[] right) {
    int n = score.length;
    if (n < 1 || word.length != n || left.length != n || right.length != n) {
      throw new IllegalArgumentException(
          "Tree: expected four arrays of equal length of at least 1, found %d, %d, %d and %d."
              .formatted(n, word.length, left.length, right.length));
    }
    boolean[] reached = new boolean[n];
    reached[0] = true;
    for (int i = 0; i < n; i++) {
      boolean leaf = left[i] == NONE && right[i] == NONE;
      if (score[i] < 0 || (leaf ? word[i] < 0 : word[i] != NONE)) {
        throw wrong(i, "a label of at least 0, and a word at leaves only", score[i], word[i]);
      }
      if (!leaf) {
        reach(reached, i, left[i]);
        reach(reached, i, right[i]);
      }
    }
    for (int i = 0; i < n; i++) {
      if (!reached[i]) {
        throw wrong(i, "a parent before it", left[i], right[i]);
      }
    }
    return new Tree(score.clone(), word.clone(), left.clone(), right.clone());
  }

  private static void reach(boolean[] reached, int parent, int child) {
    if (child <= parent || child >= reached.length || reached[child]) {
      throw wrong(parent, "two children after it with no other parent", parent, child);
    }
    reached[child] = true;
  }

  private static IllegalArgumentException wrong(int node, String expected, int a, int b) {
    return new IllegalArgumentException(
        "Tree: expected %s at node %d, found %d and %d.".formatted(expected, node, a, b));
  }

  /// The number of nodes.
  public int size() {
    return score.length;
  }

  /// The number of leaves.
  public int leaves() {
    return (score.length + 1) / 2;
  }

  /// The label of a node.
  public int score(int node) {
    return score[node];
  }

  /// The code of a leaf's word; [#NONE] at other nodes.
  public int word(int node) {
    return word[node];
  }

  /// The first child of a node; [#NONE] at leaves.
  public int left(int node) {
    return left[node];
  }

  /// The second child of a node; [#NONE] at leaves.
  public int right(int node) {
    return right[node];
  }

  /// Whether a node has no children.
  public boolean isLeaf(int node) {
    return left[node] == NONE;
  }

  /// Nodes on the longest way down: 1 for a lone root.
  public int depth() {
    return heights()[0] + 1;
  }

  /// For each node the steps to the deepest leaf below it, `[size]`: 0 at leaves. Nodes of equal
  /// height do not depend on each other.
  public int[] heights() {
    int[] height = new int[size()];
    for (int i = size() - 1; i >= 0; i--) {
      if (!isLeaf(i)) {
        height[i] = 1 + Math.max(height[left[i]], height[right[i]]);
      }
    }
    return height;
  }

  /// The tree with other codes for its words.
  ///
  /// @param codes for each word of this tree its new code, at least 0
  public Tree recoded(int[] codes) {
    int[] changed = new int[size()];
    for (int i = 0; i < changed.length; i++) {
      changed[i] = word[i] == NONE ? NONE : codes[word[i]];
      if (isLeaf(i) && changed[i] < 0) {
        throw wrong(i, "a new code of at least 0", word[i], changed[i]);
      }
    }
    return new Tree(score, changed, left, right);
  }

  /// The label of each node, `[size]`, copied.
  public int[] scores() {
    return score.clone();
  }

  /// The word of each node, `[size]`, copied.
  public int[] words() {
    return word.clone();
  }

  /// The first child of each node, `[size]`, copied.
  public int[] lefts() {
    return left.clone();
  }

  /// The second child of each node, `[size]`, copied.
  public int[] rights() {
    return right.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Tree t
        && Arrays.equals(score, t.score)
        && Arrays.equals(word, t.word)
        && Arrays.equals(left, t.left)
        && Arrays.equals(right, t.right);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(score) + Arrays.hashCode(word);
  }

  @Override
  public String toString() {
    return size() + " nodes of depth " + depth();
  }
}
