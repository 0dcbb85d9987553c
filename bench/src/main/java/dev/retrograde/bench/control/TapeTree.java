package dev.retrograde.bench.control;

import static dev.retrograde.bench.control.TreeWeights.BIAS;
import static dev.retrograde.bench.control.TreeWeights.FC;
import static dev.retrograde.bench.control.TreeWeights.FC_BIAS;
import static dev.retrograde.bench.control.TreeWeights.LEAF;
import static dev.retrograde.bench.control.TreeWeights.LEAF_BIAS;
import static dev.retrograde.bench.control.TreeWeights.LEFT;
import static dev.retrograde.bench.control.TreeWeights.RIGHT;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.retrograde.data.Tree;
import dev.retrograde.ir.Type;
import dev.retrograde.nn.Losses;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The TreeLSTM on the [Tape]: the same recursion and the same operators as [TorchTree], on our own
/// kernels.
public final class TapeTree implements TreeSide {
  private final TreeWork work;
  private final TreeWeights shape;
  private final GateForm form;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment words;
  private final MemorySegment[] labels = new MemorySegment[TreeWork.CLASSES];
  private final Map<String, Type> types = new LinkedHashMap<>();
  private final Tape tape;
  private final Ops ops;
  private Tape.Counts counts = new Tape.Counts(0, 0);

  private record State(Tape.Var h, Tape.Var c) {}

  /// The operators of the network.
  private record Ops(
      TapeOp[] leaf,
      TapeOp[] left,
      TapeOp[] right,
      TapeOp[] columns,
      TapeOp bias,
      TapeOp add,
      TapeOp mul,
      TapeOp sigmoid,
      TapeOp tanh,
      TapeOp fc,
      TapeOp loss) {}

  /// Compiles operators as the first trees meet them.
  public TapeTree(TreeWork work, TreeWeights shape, GateForm form, Target target) {
    this.work = work;
    this.shape = shape;
    this.form = form;
    words = arena.allocate(work.vectors().length * (long) Float.BYTES, 64);
    words.copyFrom(MemorySegment.ofArray(work.vectors()));
    for (int label = 0; label < labels.length; label++) {
      labels[label] = arena.allocateFrom(ValueLayout.JAVA_INT, label);
    }
    declare(LEAF, work.width(), TreeWeights.LEAF_GATES);
    declare(LEAF_BIAS, 0, TreeWeights.LEAF_GATES);
    declare(LEFT, shape.hidden(), TreeWeights.INNER_GATES);
    declare(RIGHT, shape.hidden(), TreeWeights.INNER_GATES);
    declare(BIAS, 0, TreeWeights.INNER_GATES - 1);
    types.put(FC, Type.of(DType.F32, shape.hidden(), TreeWork.CLASSES));
    types.put(FC_BIAS, Type.of(DType.F32, TreeWork.CLASSES));
    tape = new Tape(target, types, RATE);
    ops = form == GateForm.APART ? apart() : merged();
  }

  private void declare(String name, int rows, int gates) {
    int hidden = shape.hidden();
    if (form == GateForm.MERGED) {
      types.put(name, matrix(rows, gates * hidden));
    } else {
      for (int gate = 0; gate < gates; gate++) {
        types.put(name + gate, matrix(rows, hidden));
      }
    }
  }

  private static Type matrix(int rows, int columns) {
    return rows == 0 ? Type.of(DType.F32, columns) : Type.of(DType.F32, rows, columns);
  }

  private Ops apart() {
    TapeOp[] leaf = new TapeOp[TreeWeights.LEAF_GATES];
    for (int gate = 0; gate < leaf.length; gate++) {
      leaf[gate] = linear(LEAF + gate, LEAF_BIAS + gate);
    }
    TapeOp[] left = new TapeOp[TreeWeights.INNER_GATES];
    TapeOp[] right = new TapeOp[TreeWeights.INNER_GATES];
    for (int gate = 0; gate < left.length; gate++) {
      left[gate] = linear(LEFT + gate, BIAS + Math.min(gate, TreeWeights.INNER_GATES - 2));
      right[gate] = product(RIGHT + gate);
    }
    return with(leaf, left, right, new TapeOp[0]);
  }

  private Ops merged() {
    TapeOp[] columns = new TapeOp[TreeWeights.INNER_GATES];
    int hidden = shape.hidden();
    for (int gate = 0; gate < columns.length; gate++) {
      int from = gate * hidden;
      columns[gate] =
          tape.op(
              "columns",
              List.of(),
              (t, in, _) -> t.slice(in.get(0), List.of(0, from), List.of(1, hidden)));
    }
    TapeOp left =
        tape.op(
            "addmm", List.of(LEFT), (t, in, p) -> t.add(t.matmul(in.get(1), p.get(0)), in.get(0)));
    return with(
        new TapeOp[] {linear(LEAF, LEAF_BIAS)},
        new TapeOp[] {left},
        new TapeOp[] {product(RIGHT)},
        columns);
  }

  private Ops with(TapeOp[] leaf, TapeOp[] left, TapeOp[] right, TapeOp... columns) {
    int hidden = shape.hidden();
    List<String> bias = form == GateForm.MERGED ? List.of(BIAS) : List.of();
    return new Ops(
        leaf,
        left,
        right,
        columns,
        tape.op(
            "bias",
            bias,
            (t, _, p) -> {
              Tensor four = p.get(0);
              return t.concat(0, four, t.slice(four, List.of(3 * hidden), List.of(hidden)));
            }),
        tape.op("add", List.of(), (t, in, _) -> t.add(in.get(0), in.get(1))),
        tape.op("mul", List.of(), (t, in, _) -> t.mul(in.get(0), in.get(1))),
        tape.op("sigmoid", List.of(), (t, in, _) -> t.apply(Functions.SIGMOID, in.get(0))),
        tape.op("tanh", List.of(), (t, in, _) -> t.apply(Functions.TANH, in.get(0))),
        linear(FC, FC_BIAS),
        tape.op(
            "cross-entropy",
            List.of(),
            (t, in, _) -> t.sum(Losses.crossEntropy().perSample(t, in.get(0), in.get(1)))));
  }

  private TapeOp linear(String weight, String bias) {
    return tape.op(
        "linear",
        List.of(weight, bias),
        (t, in, p) -> t.add(t.matmul(in.get(0), p.get(0)), p.get(1)));
  }

  private TapeOp product(String weight) {
    return tape.op("matmul", List.of(weight), (t, in, p) -> t.matmul(in.get(0), p.get(0)));
  }

  @Override
  public String name() {
    return "tape, " + form.words();
  }

  @Override
  public void restart(Map<String, float[]> first) {
    types.keySet().forEach(name -> tape.entry(PeerAdagrad.sumOf(name)).fill((byte) 0));
    first.forEach((name, numbers) -> {
      if (types.containsKey(name)) {
        put(name, numbers);
        return;
      }
      int rows = shape.rows(name);
      for (int gate = 0; gate < numbers.length / rows / shape.hidden(); gate++) {
        put(name + gate, TreeWeights.gate(numbers, rows, gate, shape.hidden()));
      }
    });
  }

  private void put(String name, float... numbers) {
    MemorySegment.copy(numbers, 0, tape.entry(name), JAVA_FLOAT, 0, numbers.length);
  }

  @Override
  public float step(TreeWork.Item item) {
    Walk walk = new Walk(item.tree());
    Tape.Var loss = walk.run();
    float value = loss.value().get(JAVA_FLOAT, 0);
    tape.backward(loss);
    tape.update();
    counts = tape.endStep();
    return value;
  }

  /// What the last step did.
  public Tape.Counts counts() {
    return counts;
  }

  /// Bytes of the values of the largest step so far, rounded up to whole chunks.
  public long bufferBytes() {
    return tape.bufferBytes();
  }

  /// One tree.
  private final class Walk {
    private final Type row = Type.of(DType.F32, 1, work.width());
    private final Type label = Type.of(DType.I32, 1);
    private final Tree tree;
    private Tape.@Nullable Var loss;
    private Tape.@Nullable Var bias;

    Walk(Tree tree) {
      this.tree = tree;
    }

    Tape.Var run() {
      bias = form == GateForm.MERGED ? tape.apply(ops.bias()) : null;
      node(0);
      Tape.Var all = loss;
      if (all == null) {
        throw new AssertionError("a tree has at least one node");
      }
      return all;
    }

    private State node(int i) {
      State state;
      if (tree.isLeaf(i)) {
        long bytes = row.bytes();
        state = leaf(tape.constant(row, words.asSlice(tree.word(i) * bytes, bytes)));
      } else {
        State left = node(tree.left(i));
        state = inner(left, node(tree.right(i)));
      }
      Tape.Var logits = tape.apply(ops.fc(), state.h());
      Tape.Var target = tape.constant(label, labels[tree.score(i)]);
      Tape.Var one = tape.apply(ops.loss(), logits, target);
      loss = loss == null ? one : tape.apply(ops.add(), loss, one);
      return state;
    }

    private State leaf(Tape.Var x) {
      Tape.Var all = form == GateForm.MERGED ? tape.apply(ops.leaf()[0], x) : x;
      Tape.Var c =
          tape.apply(
              ops.mul(),
              tape.apply(ops.sigmoid(), leafGate(all, 0)),
              tape.apply(ops.tanh(), leafGate(all, 2)));
      return state(c, tape.apply(ops.sigmoid(), leafGate(all, 1)));
    }

    private Tape.Var leafGate(Tape.Var all, int gate) {
      return tape.apply(form == GateForm.MERGED ? ops.columns()[gate] : ops.leaf()[gate], all);
    }

    private State inner(State l, State r) {
      Tape.Var all = bias == null ? null : all(bias, l, r);
      Tape.Var c =
          tape.apply(
              ops.mul(),
              tape.apply(ops.sigmoid(), gate(all, l, r, 0)),
              tape.apply(ops.tanh(), gate(all, l, r, 2)));
      c = tape.apply(ops.add(), c, forgotten(gate(all, l, r, 3), l));
      c = tape.apply(ops.add(), c, forgotten(gate(all, l, r, 4), r));
      return state(c, tape.apply(ops.sigmoid(), gate(all, l, r, 1)));
    }

    private Tape.Var all(Tape.Var addend, State l, State r) {
      return tape.apply(
          ops.add(), tape.apply(ops.left()[0], addend, l.h()), tape.apply(ops.right()[0], r.h()));
    }

    private Tape.Var gate(Tape.@Nullable Var all, State l, State r, int gate) {
      if (all != null) {
        return tape.apply(ops.columns()[gate], all);
      }
      return tape.apply(
          ops.add(), tape.apply(ops.left()[gate], l.h()), tape.apply(ops.right()[gate], r.h()));
    }

    private Tape.Var forgotten(Tape.Var gate, State child) {
      return tape.apply(ops.mul(), tape.apply(ops.sigmoid(), gate), child.c());
    }

    private State state(Tape.Var c, Tape.Var o) {
      return new State(tape.apply(ops.mul(), o, tape.apply(ops.tanh(), c)), c);
    }
  }

  @Override
  public void close() {
    tape.close();
    arena.close();
  }
}
