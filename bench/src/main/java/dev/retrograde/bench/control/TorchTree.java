package dev.retrograde.bench.control;

import static dev.retrograde.bench.control.TreeWeights.BIAS;
import static dev.retrograde.bench.control.TreeWeights.FC;
import static dev.retrograde.bench.control.TreeWeights.FC_BIAS;
import static dev.retrograde.bench.control.TreeWeights.LEAF;
import static dev.retrograde.bench.control.TreeWeights.LEAF_BIAS;
import static dev.retrograde.bench.control.TreeWeights.LEFT;
import static dev.retrograde.bench.control.TreeWeights.RIGHT;

import dev.retrograde.bench.libtorch.TorchThreads;
import dev.retrograde.data.Tree;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// The TreeLSTM on libtorch, eager: recursion in Java, a graph of its own for every tree, autograd.
///
/// Word vectors and labels are tensors before anything is timed.
///
/// Design note. Gates may have a product each, as the formulas are written and as the peers of the
/// original paper do, or one for all gates of a child, which a careful user writes; the suite takes
/// whichever is faster here. The bias of inner nodes goes into the product of the left child.
public final class TorchTree implements TreeSide {
  private final TreeWeights shape;
  private final GateForm form;
  private final Tensor[] words;
  private final Tensor[] labels;
  private @Nullable TorchLeaves leaves;

  /// State of a node.
  private record State(Tensor h, Tensor c) {}

  /// @param threads that libtorch uses
  public TorchTree(TreeWork work, TreeWeights shape, GateForm form, int threads) {
    this.shape = shape;
    this.form = form;
    new TorchThreads().set(threads);
    words = new Tensor[work.words()];
    labels = new Tensor[TreeWork.CLASSES];
    try (PointerScope _ = new PointerScope()) {
      for (int w = 0; w < words.length; w++) {
        float[] vector = new float[work.width()];
        System.arraycopy(work.vectors(), w * work.width(), vector, 0, vector.length);
        words[w] = Tensor.create(vector, 1, vector.length);
        words[w].retainReference();
      }
      for (int label = 0; label < labels.length; label++) {
        labels[label] = Tensor.create(new long[] {label});
        labels[label].retainReference();
      }
    }
  }

  @Override
  public String name() {
    return "libtorch, " + form.words();
  }

  @Override
  public void restart(Map<String, float[]> first) {
    Map<String, float[]> values = new LinkedHashMap<>();
    Map<String, Integer> rows = new LinkedHashMap<>();
    first.forEach((name, numbers) -> {
      if (form == GateForm.MERGED || name.startsWith("fc.")) {
        put(values, rows, name, numbers, shape.rows(name));
        return;
      }
      int wide = numbers.length / shape.rows(name);
      for (int gate = 0; gate < wide / shape.hidden(); gate++) {
        float[] columns = TreeWeights.gate(numbers, shape.rows(name), gate, shape.hidden());
        put(values, rows, name + gate, columns, shape.rows(name));
      }
    });
    close(leaves);
    leaves = new TorchLeaves(values, rows, RATE);
  }

  private static void put(
      Map<String, float[]> values,
      Map<String, Integer> rows,
      String name,
      float[] numbers,
      int count) {
    values.put(name, numbers);
    rows.put(name, count == 1 ? 0 : count);
  }

  @Override
  public float step(TreeWork.Item item) {
    TorchLeaves p = leaves;
    if (p == null) {
      throw new IllegalStateException("libtorch: no parameters yet; call restart first");
    }
    p.forgetGradients();
    try (Tensor loss = new Walk(p, item.tree()).loss()) {
      return p.learn(loss);
    }
  }

  /// One tree.
  private final class Walk {
    private final TorchLeaves p;
    private final Tree tree;
    private @Nullable Tensor loss;
    private @Nullable Tensor bias;

    Walk(TorchLeaves p, Tree tree) {
      this.p = p;
      this.tree = tree;
    }

    /// The sum over all nodes; the caller closes it, other handles are closed here.
    Tensor loss() {
      try (PointerScope _ = new PointerScope()) {
        if (form == GateForm.MERGED) {
          Tensor four = p.tensor(BIAS);
          int hidden = shape.hidden();
          bias = torch.cat(new TensorVector(four, four.narrow(0, 3L * hidden, hidden)), 0);
        }
        node(0);
        Tensor all = loss;
        if (all == null) {
          throw new AssertionError("a tree has at least one node");
        }
        all.retainReference();
        return all;
      }
    }

    private State node(int i) {
      State state;
      if (tree.isLeaf(i)) {
        state = leaf(words[tree.word(i)]);
      } else {
        State left = node(tree.left(i));
        state = inner(left, node(tree.right(i)));
      }
      Tensor logits = torch.linear(state.h(), p.tensor(FC), p.optional(FC_BIAS));
      Tensor one = torch.cross_entropy_loss(logits, labels[tree.score(i)]);
      loss = loss == null ? one : loss.add(one);
      return state;
    }

    private State leaf(Tensor x) {
      if (form == GateForm.APART) {
        return state(leafGate(x, 0).sigmoid().mul(leafGate(x, 2).tanh()), leafGate(x, 1).sigmoid());
      }
      TensorVector s =
          torch.linear(x, p.tensor(LEAF), p.optional(LEAF_BIAS)).chunk(TreeWeights.LEAF_GATES, 1);
      return state(s.get(0).sigmoid().mul(s.get(2).tanh()), s.get(1).sigmoid());
    }

    private Tensor leafGate(Tensor x, int gate) {
      return torch.linear(x, p.tensor(LEAF + gate), p.optional(LEAF_BIAS + gate));
    }

    private State inner(State l, State r) {
      if (form == GateForm.APART) {
        Tensor c = gate(l, r, 0, 0).sigmoid().mul(gate(l, r, 2, 2).tanh());
        c = c.add(gate(l, r, 3, 3).sigmoid().mul(l.c()));
        c = c.add(gate(l, r, 4, 3).sigmoid().mul(r.c()));
        return state(c, gate(l, r, 1, 1).sigmoid());
      }
      Tensor left = torch.addmm(bias, l.h(), p.tensor(LEFT).t());
      TensorVector s =
          left.add(torch.linear(r.h(), p.tensor(RIGHT))).chunk(TreeWeights.INNER_GATES, 1);
      Tensor c = s.get(0).sigmoid().mul(s.get(2).tanh());
      c = c.add(s.get(3).sigmoid().mul(l.c()));
      c = c.add(s.get(4).sigmoid().mul(r.c()));
      return state(c, s.get(1).sigmoid());
    }

    private Tensor gate(State l, State r, int gate, int addend) {
      Tensor left = torch.linear(l.h(), p.tensor(LEFT + gate), p.optional(BIAS + addend));
      return left.add(torch.linear(r.h(), p.tensor(RIGHT + gate)));
    }

    private static State state(Tensor c, Tensor o) {
      return new State(o.mul(c.tanh()), c);
    }
  }

  private static void close(@Nullable TorchLeaves old) {
    if (old != null) {
      old.close();
    }
  }

  @Override
  public void close() {
    close(leaves);
    leaves = null;
    for (Tensor word : words) {
      word.close();
    }
    for (Tensor label : labels) {
      label.close();
    }
  }
}
