package dev.retrograde.bench.control;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.nn.Losses;
import dev.retrograde.nn.recurrent.BinaryTreeLstm;
import dev.retrograde.nn.recurrent.Sequences;
import dev.retrograde.nn.recurrent.TreeState;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.MemoryReport;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import dev.retrograde.trace.TreeControl;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The TreeLSTM as one compiled program a step, for trees of any form up to a size: the fold, the
/// losses of all nodes, the way back, and Adagrad.
public final class StagedTree implements TreeSide {
  private static final String WORDS = "words";
  private static final String TREE = "tree";
  private static final String CODES = "codes";
  private static final String LABELS = "labels";
  private static final String COUNT = "count";
  private static final String LR = "lr";
  private static final String LOSS = "loss";

  private final TreeStaging staging;
  private final StateStore state;
  private final Executable step;
  private final List<Executable> sweeps;
  private final MemorySegment left;
  private final MemorySegment right;
  private final MemorySegment order;
  private final MemorySegment starts;
  private final MemorySegment levels;
  private final MemorySegment codes;
  private final MemorySegment labels;
  private final MemorySegment count;
  private final MemorySegment loss;

  /// Compiles the step.
  public StagedTree(TreeWork work, TreeWeights shape, TreeStaging staging, Target target) {
    this.staging = staging;
    Program program = program(work, shape, staging);
    List<Program> later = staging.oneSweep() ? List.of() : staging.sweeps(program, RATE);
    Program[] all = new Program[later.size() + 1];
    all[0] = program;
    for (int i = 0; i < later.size(); i++) {
      all[i + 1] = later.get(i);
    }
    state = StateStore.of(0, all);
    step = target.compile(program, state, staging.options());
    sweeps = later.stream().map(p -> target.compile(p, state, staging.options())).toList();
    state.segment(WORDS).copyFrom(MemorySegment.ofArray(work.vectors()));
    left = step.input(TREE + ".left");
    right = step.input(TREE + ".right");
    order = step.input(TREE + ".order");
    starts = step.input(TREE + ".starts");
    levels = step.input(TREE + ".levels");
    codes = step.input(CODES);
    labels = step.input(LABELS);
    count = step.input(COUNT);
    loss = step.output(LOSS);
    if (staging.oneSweep()) {
      step.input(LR).set(JAVA_FLOAT, 0, (float) RATE);
    }
  }

  private static Program program(TreeWork work, TreeWeights shape, TreeStaging staging) {
    return Trace.program(
        "tree-lstm",
        true,
        t -> {
          Tensor loss = forward(t, work, shape, staging);
          t.output(LOSS, loss);
          t.phase(Phase.BACKWARD);
          Map<String, Value> wanted = new LinkedHashMap<>();
          for (StateEntry e : t.state()) {
            if (e.role() == Role.PARAMETER) {
              wanted.put(e.name(), t.stateValue(e.name()).value());
            }
          }
          Map<String, Tensor> gradients = new LinkedHashMap<>();
          Reverse.gradients(t.emit(), t.nodes(), loss.value(), wanted)
              .forEach((name, g) -> gradients.put(name, new Tensor(g)));
          t.phase(Phase.UPDATE);
          if (staging.oneSweep()) {
            Tensor lr = t.input(LR, Type.of(DType.F32));
            gradients.forEach((name, g) -> PeerAdagrad.update(t, name, g, lr));
          } else {
            gradients.forEach((name, g) -> staging.keep(t, name, g));
          }
        });
  }

  /// The sum of the losses of all nodes.
  private static Tensor forward(Trace t, TreeWork work, TreeWeights shape, TreeStaging staging) {
    int n = work.nodes();
    int hidden = shape.hidden();
    Type table = Type.of(DType.F32, work.words(), work.width());
    Tensor words = t.state(WORDS, Role.STATISTIC, table, new Init.Fill(0));
    TreeControl.Tree tree = TreeControl.Tree.input(t, TREE, n, work.heights());
    Tensor codes = t.input(CODES, Type.of(DType.I32, n));
    BinaryTreeLstm cell = Sequences.binaryTreeLstm(hidden);
    BinaryTreeLstm chosen = staging.gates() == GateForm.MERGED ? cell : cell.separateGates();
    Tensor zero = t.zeros(Type.of(DType.F32, hidden));
    List<Tensor> states =
        new TreeControl(t, staging.form())
            .fold(
                tree,
                List.of(zero, zero),
                i -> {
                  Tensor code = t.op(new MoveOp.Gather(), codes, i);
                  return chosen.leaf(t, t.op(new MoveOp.Gather(), words, code)).parts();
                },
                (_, l, r) -> chosen.inner(t, TreeState.of(l), TreeState.of(r)).parts());
    Tensor weight =
        t.parameter(TreeWeights.FC, DType.F32, new Init.Fill(0), hidden, TreeWork.CLASSES);
    Tensor bias = t.parameter(TreeWeights.FC_BIAS, DType.F32, new Init.Fill(0), TreeWork.CLASSES);
    Tensor logits = t.add(t.matmul(states.get(0), weight), bias);
    Tensor labels = t.input(LABELS, Type.of(DType.I32, n));
    Tensor each = Losses.crossEntropy().perSample(t, logits, labels);
    Tensor number = t.op(new MoveOp.Iota(new Type(DType.I32, List.of(Extent.of(n))), 0));
    Tensor real = t.less(number, t.input(COUNT, Type.of(DType.I32)));
    return t.sum(t.select(real, each, t.constant(DType.F32, 0)));
  }

  @Override
  public String name() {
    return staging.name();
  }

  @Override
  public void restart(Map<String, float[]> first) {
    for (StateEntry entry : state.entries()) {
      if (entry.role() == Role.OPTIMIZER) {
        state.segment(entry.name()).fill((byte) 0);
      }
    }
    first.forEach((name, numbers) ->
        MemorySegment.copy(numbers, 0, state.segment(name), JAVA_FLOAT, 0, numbers.length));
  }

  @Override
  public float step(TreeWork.Item item) {
    copy(item.left(), left);
    copy(item.right(), right);
    copy(item.order(), order);
    copy(item.starts(), starts);
    levels.set(JAVA_INT, 0, item.levels());
    copy(item.word(), codes);
    copy(item.label(), labels);
    count.set(JAVA_INT, 0, item.size());
    step.run();
    for (int i = 0; i < sweeps.size(); i++) {
      sweeps.get(i).run();
    }
    return loss.get(JAVA_FLOAT, 0);
  }

  private static void copy(int[] from, MemorySegment to) {
    MemorySegment.copy(from, 0, to, JAVA_INT, 0, from.length);
  }

  /// Every byte that a step keeps, by the plan it runs by.
  public MemoryReport memory() {
    return step.memory();
  }

  /// Bytes outside the heap of everything that the step reserves, state, word vectors and stacks of
  /// frames included.
  public long reserved() {
    return step.reserved().bytes();
  }

  /// What compiling made.
  public Executable.Compiled compiled() {
    return step.compiled();
  }

  /// The step, for a profile of its kernels.
  Executable executable() {
    return step;
  }

  @Override
  public void close() {
    sweeps.forEach(Executable::close);
    step.close();
    state.close();
  }
}
