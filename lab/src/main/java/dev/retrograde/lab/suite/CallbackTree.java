package dev.retrograde.lab.suite;

import dev.retrograde.callback.Array;
import dev.retrograde.callback.Callbacks;
import dev.retrograde.callback.Cont;
import dev.retrograde.callback.Contraction;
import dev.retrograde.callback.Expr;
import dev.retrograde.callback.Flow;
import dev.retrograde.callback.Gradients;
import dev.retrograde.callback.Losses;
import dev.retrograde.callback.Ops;
import dev.retrograde.callback.Var;
import dev.retrograde.data.Tree;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.runtime.StateStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A TreeLSTM with a label at every node, trained by eager callbacks and an Adagrad written out
/// here: what the compiled forms are compared with. Shares no code with them; only its initial
/// weights and word vectors come from the state of a compiled step.
///
/// The cell is that of [dev.retrograde.nn.recurrent.BinaryTreeLstm], the update that of
/// [dev.retrograde.nn.update.Adagrad]. In f32 every stored number is rounded.
final class CallbackTree {
  /// Of the native stack: a tree of a hundred nodes nests some thousands of operations.
  private static final int STACK_MEBIBYTES = 1024;

  private static final Contraction ROW_MATRIX = Contraction.of("i,ij->j");
  private static final List<String> NAMES =
      List.of(
          "tree.leaf",
          "tree.leaf_bias",
          "tree.left",
          "tree.right",
          "tree.bias",
          "fc.weight",
          "fc.bias");
  // Places in it.
  private static final int LEAF = 0;
  private static final int LEAF_BIAS = 1;
  private static final int LEFT = 2;
  private static final int RIGHT = 3;
  private static final int BIAS = 4;
  private static final int HEAD = 5;
  private static final int HEAD_BIAS = 6;

  private final HostTensor words;
  private final List<double[]> parameters = new ArrayList<>();
  private final List<int[]> shapes = new ArrayList<>();
  private final List<double[]> squares = new ArrayList<>();
  private final int hidden;
  private final boolean single;
  private final double rate;

  /// @param state with the initial weights of a TreeLSTM under `tree` and a classifier under `fc`
  /// @param single whether numbers are f32, else f64
  /// @param rate of Adagrad
  CallbackTree(StateStore state, boolean single, double rate) {
    words = state.get("tree.words.weight");
    for (String name : NAMES) {
      HostTensor p = state.get(name);
      double[] v = new double[p.size()];
      Arrays.setAll(v, p::get);
      parameters.add(v);
      shapes.add(p.type().dims().stream().mapToInt(d -> d).toArray());
      squares.add(new double[v.length]);
    }
    hidden = shapes.get(LEFT)[0];
    this.single = single;
    this.rate = rate;
  }

  /// Trains on these trees in turn, an update each; gives the loss of each before its update.
  double[] losses(List<Tree> trees) {
    return Callbacks.onStack(
        STACK_MEBIBYTES, () -> trees.stream().mapToDouble(this::step).toArray());
  }

  private double step(Tree tree) {
    // Whether continuations run once is checked elsewhere, at some cost.
    Callbacks plain = Callbacks.standard().withoutChecks();
    Callbacks how = single ? plain.inF32() : plain;
    List<Array> at = new ArrayList<>();
    for (int i = 0; i < parameters.size(); i++) {
      at.add(Array.of(shapes.get(i), parameters.get(i)));
    }
    Gradients g = how.gradients((op, p, k) -> new Walk(op, p, tree).run(k), at);
    for (int i = 0; i < parameters.size(); i++) {
      update(parameters.get(i), squares.get(i), g.gradients().get(i));
    }
    return g.loss();
  }

  private void update(double[] p, double[] sum, Array g) {
    for (int i = 0; i < p.length; i++) {
      double d = g.get(i);
      sum[i] = stored(sum[i] + stored(d * d));
      double scale = stored(Math.sqrt(stored(sum[i] + stored(1e-8))));
      p[i] = stored(p[i] - stored(stored(d * rate) / scale));
    }
  }

  private double stored(double x) {
    return single ? (float) x : x;
  }

  private Array word(int code) {
    int size = words.dim(1);
    return Array.fill(new int[] {size}, i -> words.get(code * size + i));
  }

  /// State of a node, and the loss of it and all nodes below.
  private record Node(Var h, Var c, Var loss) {}

  /// One pass over one tree.
  private final class Walk {
    private final Ops op;
    private final Losses losses;
    private final List<Var> p;
    private final Tree tree;

    Walk(Ops op, List<Var> p, Tree tree) {
      this.op = op;
      this.losses = new Losses(op);
      this.p = p;
      this.tree = tree;
    }

    void run(Cont<Var> loss) {
      new Flow(op)
          .<Node>treeFold(
              tree.lefts(), tree.rights(), this::leaf, this::inner, n -> loss.run(n.loss));
    }

    private void leaf(int node, Cont<Node> k) {
      Expr.of(op.constant(word(tree.word(node))))
          .contract(ROW_MATRIX, Expr.of(p.get(LEAF)))
          .plus(p.get(LEAF_BIAS))
          .run(
              op,
              z ->
                  part(z, 0)
                      .sigmoid()
                      .times(part(z, 2).tanh())
                      .run(op, c -> output(node, part(z, 1).sigmoid(), c, k)));
    }

    private void inner(Node l, Node r, int node, Cont<Node> k) {
      Expr.of(l.h)
          .contract(ROW_MATRIX, Expr.of(p.get(LEFT)))
          .plus(Expr.of(r.h).contract(ROW_MATRIX, Expr.of(p.get(RIGHT))))
          .run(
              op,
              s ->
                  memory(s, l, r)
                      .run(op, c -> output(node, biased(s, 1, 1), c, own -> sum(l, r, own, k))));
    }

    /// The memory of a node with children.
    private Expr memory(Var s, Node l, Node r) {
      Expr kept = biased(s, 3, 3).times(l.c).plus(biased(s, 4, 3).times(r.c));
      Expr u = part(s, 2).plus(part(p.get(BIAS), 2)).tanh();
      return biased(s, 0, 0).times(u).plus(kept);
    }

    /// A gate that opens by the sigmoid.
    private Expr biased(Var s, int gate, int column) {
      return part(s, gate).plus(part(p.get(BIAS), column)).sigmoid();
    }

    /// The columns of a gate.
    private Expr part(Var x, int gate) {
      return Expr.call((ops, k) -> ops.slice(x, 0, gate * hidden, (gate + 1) * hidden, k));
    }

    private void sum(Node l, Node r, Node own, Cont<Node> k) {
      Expr.of(l.loss)
          .plus(r.loss)
          .plus(own.loss)
          .run(op, all -> k.run(new Node(own.h, own.c, all)));
    }

    /// h, and the loss at the node alone.
    private void output(int node, Expr gate, Var c, Cont<Node> k) {
      gate.times(Expr.of(c).tanh())
          .run(op, h -> classified(node, h).run(op, loss -> k.run(new Node(h, c, loss))));
    }

    private Expr classified(int node, Var h) {
      int[] label = {tree.score(node)};
      return Expr.call((ops, k) ->
          Expr.of(h)
              .contract(ROW_MATRIX, Expr.of(p.get(HEAD)))
              .plus(p.get(HEAD_BIAS))
              .run(
                  ops,
                  z ->
                      ops.reshape(
                          z, new int[] {1, z.x().size()}, y -> losses.crossEntropy(y, label, k))));
    }
  }
}
