package dev.retrograde.data;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// Labelled trees in memory, and the words that their codes stand for. Immutable.
///
/// Every tree has an id that stays with it: its place in the original data.
///
/// @param name what messages and reports call it, such as `sst dev`
/// @param classes how many labels there are; they run from 0 to one less
/// @param words the word of each code
/// @param trees in the order of the original data
public record TreeSet(String name, int classes, List<String> words, List<Tree> trees) {

  public TreeSet {
    words = List.copyOf(words);
    trees = List.copyOf(trees);
    for (int t = 0; t < trees.size(); t++) {
      Tree tree = trees.get(t);
      for (int i = 0; i < tree.size(); i++) {
        if (tree.score(i) >= classes || tree.word(i) >= words.size()) {
          throw new IllegalArgumentException(
              "TreeSet '%s': expected labels below %d and words below %d, found %d and %d at node %d of tree %d."
                  .formatted(name, classes, words.size(), tree.score(i), tree.word(i), i, t));
        }
      }
    }
  }

  /// The number of trees.
  public int size() {
    return trees.size();
  }

  /// The first `count` trees, or all where there are fewer.
  public TreeSet first(int count) {
    return count >= size()
        ? this
        : new TreeSet(name, classes, words, trees.subList(0, Math.max(0, count)));
  }

  /// How often each word occurs.
  public Map<String, Integer> wordCounts() {
    int[] counts = new int[words.size()];
    for (Tree tree : trees) {
      for (int i = 0; i < tree.size(); i++) {
        if (tree.isLeaf(i)) {
          counts[tree.word(i)]++;
        }
      }
    }
    Map<String, Integer> byWord = new HashMap<>();
    for (int code = 0; code < counts.length; code++) {
      if (counts[code] > 0) {
        byWord.merge(words.get(code), counts[code], Integer::sum);
      }
    }
    return byWord;
  }

  /// The same trees with the codes of a vocabulary: words that it does not list become unknown.
  public TreeSet encoded(Vocabulary vocabulary) {
    int[] codes = words.stream().mapToInt(vocabulary::code).toArray();
    List<String> symbols =
        IntStream.range(0, vocabulary.size()).mapToObj(vocabulary::symbol).toList();
    return new TreeSet(
        name, classes, symbols, trees.stream().map(tree -> tree.recoded(codes)).toList());
  }

  /// Sizes of the whole.
  public Statistics statistics() {
    int nodes = 0;
    int leaves = 0;
    int largest = 0;
    int deepest = 0;
    for (Tree tree : trees) {
      nodes += tree.size();
      leaves += tree.leaves();
      largest = Math.max(largest, tree.size());
      deepest = Math.max(deepest, tree.depth());
    }
    return new Statistics(size(), nodes, leaves, largest, deepest);
  }

  /// @param trees how many trees
  /// @param nodes of all trees together
  /// @param leaves of all trees together
  /// @param largest nodes of the largest tree
  /// @param deepest nodes on the longest way from a root to a leaf
  public record Statistics(int trees, int nodes, int leaves, int largest, int deepest) {
    @Override
    public String toString() {
      return "%d trees, %d nodes (%d leaves), at most %d a tree, depth at most %d"
          .formatted(trees, nodes, leaves, largest, deepest);
    }
  }

  /// A checksum over all trees and words: equal data, equal number.
  public long fingerprint() {
    long sum = Key.of(classes);
    for (String word : words) {
      sum = Key.child(sum, word);
    }
    for (Tree tree : trees) {
      sum = Key.child(sum, tree.size());
      for (int i = 0; i < tree.size(); i++) {
        long node = Key.child(Key.child(sum, tree.score(i)), tree.word(i));
        sum = Key.child(Key.child(node, tree.left(i)), tree.right(i));
      }
    }
    return sum;
  }

  @Override
  public String toString() {
    return name + ": " + statistics();
  }
}
