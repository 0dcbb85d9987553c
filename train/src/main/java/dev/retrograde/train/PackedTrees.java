package dev.retrograde.train;

import dev.retrograde.data.Tree;
import dev.retrograde.data.TreeSet;
import dev.retrograde.data.load.Field;
import dev.retrograde.data.load.LoaderSettings;
import dev.retrograde.data.load.SampleSource;
import dev.retrograde.nn.recurrent.TreeInput;
import java.util.Arrays;
import java.util.List;

/// Trees as a model takes them: `tree: i32 [6, room + 1]`, packed as [TreeInput] says, `score: i32
/// [room]` with zeros past the nodes, and `nodes: i32`.
///
/// @param set whose trees are the samples
/// @param room nodes that a sample has room for
record PackedTrees(TreeSet set, int room) implements SampleSource {
  static final String TREE = "tree";
  static final String SCORE = "score";
  static final String NODES = "nodes";

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
    return List.of(
        new Field(TREE, Field.Kind.I32, List.of(TreeInput.ROWS, room + 1)),
        new Field(SCORE, Field.Kind.I32, List.of(room)),
        new Field(NODES, Field.Kind.I32, List.of()));
  }

  @Override
  public Writer writer(LoaderSettings settings) {
    SampleSource.refuseImageSettings(name(), settings);
    return (sample, epoch, row) -> {
      Tree tree = set.trees().get(sample);
      row.put(0, TreeInput.pack(tree.lefts(), tree.rights(), tree.words(), room));
      row.put(1, Arrays.copyOf(tree.scores(), room));
      row.put(2, tree.size());
    };
  }
}
