package dev.retrograde.data.load;

import dev.retrograde.data.Tree;
import dev.retrograde.data.TreeSet;
import java.util.Arrays;
import java.util.List;

/// Trees as samples of a capacity: `score`, `word`, `left` and `right`, each `i32 [capacity]`, with
/// [Tree#NONE] past the tree's nodes, and `nodes: i32`, how many there are.
///
/// @param set whose trees are the samples
/// @param capacity nodes that a sample has room for
public record TreeSource(TreeSet set, int capacity) implements SampleSource {
  /// Names of the fields, in their order.
  public static final String SCORE = "score";

  public static final String WORD = "word";
  public static final String LEFT = "left";
  public static final String RIGHT = "right";
  public static final String NODES = "nodes";

  public TreeSource {
    for (int i = 0; i < set.size(); i++) {
      if (set.trees().get(i).size() > capacity) {
        throw new IllegalArgumentException(
            "TreeSource of '%s': expected trees of at most %d nodes, found %d in tree %d. Give the capacity of the largest, or leave it out."
                .formatted(set.name(), capacity, set.trees().get(i).size(), i));
      }
    }
  }

  /// With room for the largest tree of the set.
  public static TreeSource of(TreeSet set) {
    return new TreeSource(set, set.statistics().largest());
  }

  @Override
  public String name() {
    return set.name();
  }

  @Override
  public int size() {
    return set.size();
  }

  @Override
  public List<Field> fields() {
    List<Integer> nodes = List.of(capacity);
    return List.of(
        new Field(SCORE, Field.Kind.I32, nodes),
        new Field(WORD, Field.Kind.I32, nodes),
        new Field(LEFT, Field.Kind.I32, nodes),
        new Field(RIGHT, Field.Kind.I32, nodes),
        new Field(NODES, Field.Kind.I32, List.of()));
  }

  @Override
  public Writer writer(LoaderSettings settings) {
    SampleSource.refuseImageSettings(name(), settings);
    int[][] columns = new int[4][capacity];
    return (sample, epoch, row) -> {
      Tree tree = set.trees().get(sample);
      for (int i = 0; i < tree.size(); i++) {
        columns[0][i] = tree.score(i);
        columns[1][i] = tree.word(i);
        columns[2][i] = tree.left(i);
        columns[3][i] = tree.right(i);
      }
      for (int c = 0; c < columns.length; c++) {
        Arrays.fill(columns[c], tree.size(), capacity, Tree.NONE);
        row.put(c, columns[c]);
      }
      row.put(4, tree.size());
    };
  }
}
