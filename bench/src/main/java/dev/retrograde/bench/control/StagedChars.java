package dev.retrograde.bench.control;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.retrograde.autodiff.Reverse;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.recurrent.SequenceLoss;
import dev.retrograde.nn.zoo.Zoo;
import dev.retrograde.runtime.Executable;
import dev.retrograde.runtime.StateStore;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The zoo's network over characters as one compiled program a step, its loop over time included.
/// Characters come as codes, which pick rows of the input's matrix.
public final class StagedChars implements CharSide {
  private static final String X = "x";
  private static final String LABELS = "labels";
  private static final String LR = "lr";
  private static final String LOSS = "loss";

  private final CharCell cell;
  private final List<int[]> inputs;
  private final List<int[]> targets;
  private final StateStore state;
  private final Executable step;
  private final MemorySegment x;
  private final MemorySegment labels;
  private final MemorySegment loss;

  /// Compiles the step.
  public StagedChars(CharWork work, CharCell cell, Target target) {
    this.cell = cell;
    inputs = work.batches().stream().map(CharWork::inputs).toList();
    targets = work.batches().stream().map(CharWork::targets).toList();
    Program program = Trace.program(cell.task(), true, t -> trace(t, cell));
    state = StateStore.of(0, program);
    step = target.compile(program, state, Target.Options.DEFAULT);
    x = step.input(X);
    labels = step.input(LABELS);
    loss = step.output(LOSS);
    step.input(LR).set(JAVA_FLOAT, 0, (float) CharWork.RATE);
  }

  private static void trace(Trace t, CharCell cell) {
    Type codes = Type.of(DType.I32, CharWork.BATCH, CharWork.TIME);
    Layer net =
        switch (cell) {
          case RNN -> Zoo.charRnn(CharWork.HIDDEN, CharWork.SYMBOLS);
          case LSTM -> Zoo.charLstm(CharWork.HIDDEN, CharWork.SYMBOLS);
        };
    Tensor logits = net.apply(t, t.input(X, codes));
    Tensor loss = new SequenceLoss().mean(t, logits, t.input(LABELS, codes));
    t.output(LOSS, loss);
    t.phase(Phase.BACKWARD);
    Map<String, Value> wanted = new LinkedHashMap<>();
    for (StateEntry e : t.state()) {
      if (e.role() == Role.PARAMETER) {
        wanted.put(e.name(), t.stateValue(e.name()).value());
      }
    }
    Map<String, Value> gradients = Reverse.gradients(t.emit(), t.nodes(), loss.value(), wanted);
    t.phase(Phase.UPDATE);
    Tensor lr = t.input(LR, Type.of(DType.F32));
    gradients.forEach((name, g) -> PeerAdagrad.update(t, name, new Tensor(g), lr));
  }

  @Override
  public String name() {
    return "staged";
  }

  @Override
  public void restart(Map<String, float[]> first) {
    for (StateEntry entry : state.entries()) {
      if (entry.role() == Role.OPTIMIZER) {
        state.segment(entry.name()).fill((byte) 0);
      }
    }
    first.forEach((name, numbers) ->
        MemorySegment.copy(
            numbers, 0, state.segment(entryOf(name)), JAVA_FLOAT, 0, numbers.length));
  }

  /// The zoo's name of a parameter.
  private String entryOf(String name) {
    String layer = cell == CharCell.LSTM ? "lstm" : "rnn";
    return name.startsWith("fc.") ? name : layer + ".layer0." + name;
  }

  @Override
  public float step(int batch) {
    int[] in = inputs.get(batch);
    MemorySegment.copy(in, 0, x, JAVA_INT, 0, in.length);
    int[] out = targets.get(batch);
    MemorySegment.copy(out, 0, labels, JAVA_INT, 0, out.length);
    step.run();
    return loss.get(JAVA_FLOAT, 0);
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
    step.close();
    state.close();
  }
}
