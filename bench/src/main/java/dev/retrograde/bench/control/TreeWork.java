package dev.retrograde.bench.control;

import dev.retrograde.data.Tree;
import dev.retrograde.data.TreeSet;
import dev.retrograde.data.generate.GeneratedTrees;
import dev.retrograde.data.read.TreeBanks;
import dev.retrograde.ir.TreeLevels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/// The trees that a TreeLSTM is trained on, one a step, and frozen vectors for their words.
///
/// Vectors are uniform from -0.5 to 0.5 and depend on a word's text alone, so that every side and
/// every set of trees has the same ones.
///
/// @param name of the trees, as rows show it
/// @param trees with what sides want to know of them, made outside of what is timed
/// @param vectors `[words, width]`, row-major
/// @param words number of vectors
/// @param width numbers of a vector
/// @param nodes of the largest tree
/// @param heights of the highest tree
public record TreeWork(
    String name, List<Item> trees, float[] vectors, int words, int width, int nodes, int heights) {
  /// Labels that a node can have.
  public static final int CLASSES = 5;

  /// Numbers of a word vector in the specification's task.
  public static final int WIDTH = 300;

  /// A tree as arrays.
  ///
  /// @param number of the tree, from 0
  /// @param tree as data
  /// @param left child of each node, -1 for none, padded to the largest tree; likewise `right`
  /// @param order of the nodes by height, padded; `starts` says where a height begins
  /// @param levels how many heights there are
  /// @param word of each node, 0 where there is none, padded; likewise `label`
  public record Item(
      int number,
      Tree tree,
      int[] left,
      int[] right,
      int[] order,
      int[] starts,
      int levels,
      int[] word,
      int[] label) {
    /// Number of nodes.
    public int size() {
      return tree.size();
    }
  }

  /// The dev part of the Stanford Sentiment Treebank below `data`, or as many generated trees of
  /// the same sizes, so named, where it is not there.
  public static TreeWork dev(Path data) {
    Path folder = data.resolve("sst");
    boolean there =
        Files.isRegularFile(folder.resolve("dev.txt.gz"))
            || Files.isRegularFile(folder.resolve("dev.txt"));
    return there
        ? of("SST dev", TreeBanks.openPart(folder, "dev"), WIDTH)
        : of("generated trees", GeneratedTrees.standard(), WIDTH);
  }

  /// Work on these trees.
  public static TreeWork of(String name, TreeSet set, int width) {
    int nodes = 1;
    int heights = 1;
    for (Tree tree : set.trees()) {
      nodes = Math.max(nodes, tree.size());
      heights = Math.max(heights, tree.depth());
    }
    List<Item> items = new ArrayList<>();
    for (Tree tree : set.trees()) {
      items.add(item(items.size(), tree, nodes, heights));
    }
    float[] vectors = new float[set.words().size() * width];
    for (int w = 0; w < set.words().size(); w++) {
      draw(set.words().get(w), vectors, w * width, width);
    }
    return new TreeWork(name, items, vectors, set.words().size(), width, nodes, heights);
  }

  /// The same with every `stride`-th tree only.
  public TreeWork every(int stride) {
    List<Item> some = new ArrayList<>();
    for (int i = 0; i < trees.size(); i += stride) {
      some.add(trees.get(i));
    }
    return new TreeWork(name, some, vectors, words, width, nodes, heights);
  }

  private static Item item(int number, Tree tree, int nodes, int heights) {
    int[] left = padded(tree.lefts(), nodes, Tree.NONE);
    int[] right = padded(tree.rights(), nodes, Tree.NONE);
    TreeLevels levels = TreeLevels.of(left, right, tree.size(), heights);
    int[] word = padded(tree.words(), nodes, Tree.NONE);
    for (int i = 0; i < nodes; i++) {
      word[i] = Math.max(0, word[i]);
    }
    return new Item(
        number,
        tree,
        left,
        right,
        levels.order(),
        levels.starts(),
        levels.levels(),
        word,
        padded(tree.scores(), nodes, 0));
  }

  private static int[] padded(int[] values, int length, int filler) {
    int[] all = new int[length];
    Arrays.fill(all, filler);
    System.arraycopy(values, 0, all, 0, values.length);
    return all;
  }

  /// The vector of a word: drawn from a generator that the bits of its text seed.
  private static void draw(String text, float[] vectors, int at, int width) {
    long hash = 0xCBF29CE484222325L;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001B3L;
    }
    Random random = new Random(hash);
    for (int i = 0; i < width; i++) {
      vectors[at + i] = random.nextFloat() - 0.5f;
    }
  }
}
