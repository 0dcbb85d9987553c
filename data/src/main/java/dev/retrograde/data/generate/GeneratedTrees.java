package dev.retrograde.data.generate;

import dev.retrograde.data.Key;
import dev.retrograde.data.Tree;
import dev.retrograde.data.TreeSet;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// Random binary trees of the sizes of the Stanford Sentiment Treebank's dev part, for timing and
/// tests without the data. They mean nothing: there is no relation between words and labels to
/// learn.
///
/// What is like the treebank: 1,101 trees have 21,274 leaves and so 41,447 nodes together, as
/// there; a tree has 2 to 49 leaves, with mean 19.3 and a deviation of about 9; no tree is deeper
/// than 28 nodes, and the mean depth is about 11; labels are as frequent as there, apart for leaves
/// and inner nodes; few words are frequent and most are rare. The first tree has 49 leaves.
///
/// Tree `i` but for its size is a function of (seed, i); sizes are functions of (seed, number of
/// trees).
public final class GeneratedTrees {
  private static final int DEV_TREES = 1_101;
  private static final int DEV_LEAVES = 21_274;
  private static final int LEAST_LEAVES = 2;
  private static final int MOST_LEAVES = 49;
  private static final int DEEPEST = 28;
  private static final int WORDS = 5_374;
  private static final int CLASSES = 5;

  /// Leaves of a tree but the first, which has the most there can be.
  private static final double MEAN = (DEV_LEAVES - MOST_LEAVES) / (DEV_TREES - 1.0);

  private static final double DEVIATION = 9.2;

  /// In how many of a thousand splits one side is a lone leaf, which makes trees lean.
  private static final int LONE = 560;

  /// Nodes with labels 0 to 4 in the dev part, leaves and others.
  private static final int[] LEAF_LABELS = {146, 992, 18_231, 1_511, 394};

  private static final int[] INNER_LABELS = {924, 3_621, 10_074, 4_270, 1_284};

  private GeneratedTrees() {}

  /// As many trees as the dev part has, of seed 1.
  public static TreeSet standard() {
    return of(DEV_TREES, 1);
  }

  /// @param trees how many, at least 1
  /// @param seed equal seeds give equal trees
  public static TreeSet of(int trees, long seed) {
    if (trees < 1) {
      throw new IllegalArgumentException(
          "GeneratedTrees: expected at least 1 tree, found " + trees + ".");
    }
    int[] leaves = leaves(trees, Key.child(Key.of(seed), "leaves"));
    List<Tree> all = new ArrayList<>(trees);
    for (int i = 0; i < trees; i++) {
      all.add(tree(leaves[i], Key.child(Key.child(Key.of(seed), "tree"), i)));
    }
    List<String> words = IntStream.range(0, WORDS).mapToObj(i -> "w" + i).toList();
    return new TreeSet("generated trees", CLASSES, words, all);
  }

  /// Leaves of each tree: bell-shaped, then moved one by one until the sum is right.
  private static int[] leaves(int trees, long key) {
    int[] leaves = new int[trees];
    long sum = 0;
    for (int i = 0; i < trees; i++) {
      double drawn = MEAN + DEVIATION * Key.normal(key, i);
      leaves[i] = i == 0 ? MOST_LEAVES : Math.clamp(Math.round(drawn), LEAST_LEAVES, MOST_LEAVES);
      sum += leaves[i];
    }
    long wanted = MOST_LEAVES + Math.round((trees - 1) * MEAN);
    long step = Key.child(key, "step");
    for (long draw = 0; sum != wanted; draw++) {
      int i = 1 + Key.below(step, draw, trees - 1);
      int moved = leaves[i] + (sum < wanted ? 1 : -1);
      if (moved >= LEAST_LEAVES && moved <= MOST_LEAVES) {
        sum += moved - leaves[i];
        leaves[i] = moved;
      }
    }
    return leaves;
  }

  /// Splits nodes from the root down, first children first, until each has one leaf.
  private static Tree tree(int leaves, long key) {
    int nodes = 2 * leaves - 1;
    int[] score = new int[nodes];
    int[] word = new int[nodes];
    int[] left = new int[nodes];
    int[] right = new int[nodes];
    int[] below = new int[nodes];
    int[] depth = new int[nodes];
    below[0] = leaves;
    depth[0] = 1;
    int made = 1;
    for (int i = 0; i < nodes; i++) {
      long node = Key.child(key, i);
      left[i] = Tree.NONE;
      right[i] = Tree.NONE;
      word[i] = Tree.NONE;
      if (below[i] == 1) {
        score[i] = draw(LEAF_LABELS, node);
        word[i] = word(Key.unit(node, 1));
        continue;
      }
      score[i] = draw(INNER_LABELS, node);
      int first = split(below[i], DEEPEST - depth[i], node);
      left[i] = made;
      right[i] = made + 1;
      below[made] = first;
      below[made + 1] = below[i] - first;
      depth[made] = depth[i] + 1;
      depth[made + 1] = depth[i] + 1;
      made += 2;
    }
    return Tree.of(score, word, left, right);
  }

  /// Leaves of the first child, so that both sides fit into the `levels` below.
  private static int split(int leaves, int levels, long key) {
    int drawn = 1 + Key.below(key, 2, leaves - 1);
    if (Key.below(key, 3, 1_000) < LONE) {
      drawn = Key.bits(key, 4) < 0 ? 1 : leaves - 1;
    }
    long fits = levels > 6 ? MOST_LEAVES : 1L << (levels - 1);
    return (int) Math.clamp(drawn, Math.max(1, leaves - fits), Math.min(leaves - 1, fits));
  }

  private static int draw(int[] frequency, long key) {
    int at = Key.below(key, 0, IntStream.of(frequency).sum());
    int label = 0;
    while (at >= frequency[label]) {
      at -= frequency[label++];
    }
    return label;
  }

  /// The word number `w` with a density that falls about as 1 / (w + 1).
  private static int word(double unit) {
    return Math.min(WORDS - 1, (int) (StrictMath.pow(WORDS + 1.0, unit) - 1));
  }
}
