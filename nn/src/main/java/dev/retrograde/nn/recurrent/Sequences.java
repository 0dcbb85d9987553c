package dev.retrograde.nn.recurrent;

import dev.retrograde.nn.Initializer;
import dev.retrograde.nn.Site;

/// Makes layers over sequences and cells of trees; meant for static import.
///
/// ```java
/// Layer net = sequential(lstm(50).codes(symbols), dense(symbols));
/// ```
public final class Sequences {
  private Sequences() {}

  /// The plain recurrent network, with tanh.
  public static Recurrent rnn(int hidden) {
    return of(new VanillaCell(hidden, false));
  }

  /// The plain recurrent network, with relu.
  public static Recurrent reluRnn(int hidden) {
    return of(new VanillaCell(hidden, true));
  }

  /// Long short-term memory.
  public static Recurrent lstm(int hidden) {
    return of(new LstmCell(hidden));
  }

  /// Gated recurrent units.
  public static Recurrent gru(int hidden) {
    return of(new GruCell(hidden));
  }

  private static Recurrent of(Cell cell) {
    return Recurrent.of(cell, Site.behind(Sequences.class));
  }

  /// The cell of a binary tree, with words at the leaves.
  public static BinaryTreeLstm binaryTreeLstm(int hidden) {
    return new BinaryTreeLstm(
        hidden, true, Initializer.xavierUniform(), Site.behind(Sequences.class));
  }

  /// The cell of a tree with any number of children; [ChildSumTree] walks trees with it.
  public static ChildSumTreeLstm childSumTreeLstm(int hidden) {
    return new ChildSumTreeLstm(
        hidden, true, Initializer.xavierUniform(), Site.behind(Sequences.class));
  }
}
