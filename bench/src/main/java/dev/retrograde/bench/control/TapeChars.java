package dev.retrograde.bench.control;

import static dev.retrograde.bench.control.CharWork.BATCH;
import static dev.retrograde.bench.control.CharWork.BIAS;
import static dev.retrograde.bench.control.CharWork.FC;
import static dev.retrograde.bench.control.CharWork.FC_BIAS;
import static dev.retrograde.bench.control.CharWork.HIDDEN;
import static dev.retrograde.bench.control.CharWork.INPUT;
import static dev.retrograde.bench.control.CharWork.RECURRENT;
import static dev.retrograde.bench.control.CharWork.SYMBOLS;
import static dev.retrograde.bench.control.CharWork.TIME;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.retrograde.ir.Type;
import dev.retrograde.nn.Losses;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.target.Target;
import dev.retrograde.trace.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The network over characters on the [Tape], as a loop over cells. One-hot inputs and labels lie
/// outside the heap before anything is timed.
public final class TapeChars implements CharSide {
  private static final Type ROWS = Type.of(DType.F32, BATCH, SYMBOLS);
  private static final Type STATE = Type.of(DType.F32, BATCH, HIDDEN);
  private static final Type TARGETS = Type.of(DType.I32, TIME * BATCH);

  private final CharCell cell;
  private final Arena arena = Arena.ofShared();
  private final List<MemorySegment> inputs = new ArrayList<>();
  private final List<MemorySegment> targets = new ArrayList<>();
  private final MemorySegment zero = arena.allocate(STATE.bytes(), 64);
  private final Map<String, Type> types = new LinkedHashMap<>();
  private final Tape tape;
  private final Ops ops;

  private record Ops(
      TapeOp input,
      TapeOp recurrent,
      TapeOp[] columns,
      TapeOp add,
      TapeOp mul,
      TapeOp sigmoid,
      TapeOp tanh,
      TapeOp stack,
      TapeOp fc,
      TapeOp loss) {}

  /// Compiles operators as the first batch meets them.
  public TapeChars(CharWork work, CharCell cell, Target target) {
    this.cell = cell;
    work.batches().forEach(this::place);
    int wide = cell.gates() * HIDDEN;
    types.put(INPUT, Type.of(DType.F32, SYMBOLS, wide));
    types.put(RECURRENT, Type.of(DType.F32, HIDDEN, wide));
    types.put(BIAS, Type.of(DType.F32, wide));
    types.put(FC, Type.of(DType.F32, HIDDEN, SYMBOLS));
    types.put(FC_BIAS, Type.of(DType.F32, SYMBOLS));
    tape = new Tape(target, types, CharWork.RATE);
    ops = ops();
  }

  /// Inputs `[time, batch, symbols]` and labels `[time, batch]`.
  private void place(int[] batch) {
    MemorySegment hot = arena.allocate(TIME * ROWS.bytes(), 64);
    MemorySegment labels = arena.allocate(TARGETS.bytes(), 64);
    int[] in = CharWork.inputs(batch);
    int[] out = CharWork.targets(batch);
    for (int time = 0; time < TIME; time++) {
      for (int b = 0; b < BATCH; b++) {
        long row = (long) time * BATCH + b;
        hot.setAtIndex(JAVA_FLOAT, row * SYMBOLS + in[b * TIME + time], 1);
        labels.setAtIndex(JAVA_INT, row, out[b * TIME + time]);
      }
    }
    inputs.add(hot);
    targets.add(labels);
  }

  private Ops ops() {
    TapeOp[] columns = new TapeOp[cell.gates()];
    for (int gate = 0; gate < columns.length; gate++) {
      int from = gate * HIDDEN;
      columns[gate] =
          tape.op(
              "columns",
              List.of(),
              (t, in, _) -> t.slice(in.get(0), List.of(0, from), List.of(BATCH, HIDDEN)));
    }
    return new Ops(
        linear(INPUT, BIAS),
        tape.op(
            "addmm",
            List.of(RECURRENT),
            (t, in, p) -> t.add(t.matmul(in.get(1), p.get(0)), in.get(0))),
        columns,
        tape.op("add", List.of(), (t, in, _) -> t.add(in.get(0), in.get(1))),
        tape.op("mul", List.of(), (t, in, _) -> t.mul(in.get(0), in.get(1))),
        tape.op("sigmoid", List.of(), (t, in, _) -> t.apply(Functions.SIGMOID, in.get(0))),
        tape.op("tanh", List.of(), (t, in, _) -> t.apply(Functions.TANH, in.get(0))),
        tape.op("stack", List.of(), (t, in, _) -> t.concat(0, in.toArray(Tensor[]::new))),
        linear(FC, FC_BIAS),
        tape.op(
            "cross-entropy",
            List.of(),
            (t, in, _) -> t.mean(Losses.crossEntropy().perSample(t, in.get(0), in.get(1)))));
  }

  private TapeOp linear(String weight, String bias) {
    return tape.op(
        "linear",
        List.of(weight, bias),
        (t, in, p) -> t.add(t.matmul(in.get(0), p.get(0)), p.get(1)));
  }

  @Override
  public String name() {
    return "tape";
  }

  @Override
  public void restart(Map<String, float[]> first) {
    types.keySet().forEach(name -> tape.entry(PeerAdagrad.sumOf(name)).fill((byte) 0));
    first.forEach((name, numbers) ->
        MemorySegment.copy(numbers, 0, tape.entry(name), JAVA_FLOAT, 0, numbers.length));
  }

  @Override
  public float step(int batch) {
    Tape.Var h = tape.constant(STATE, zero);
    Tape.Var c = h;
    Tape.Var[] states = new Tape.Var[TIME];
    for (int time = 0; time < TIME; time++) {
      MemorySegment rows = inputs.get(batch).asSlice(time * ROWS.bytes(), ROWS.bytes());
      Tape.Var x = tape.apply(ops.input(), tape.constant(ROWS, rows));
      Tape.Var sum = tape.apply(ops.recurrent(), x, h);
      if (cell == CharCell.RNN) {
        h = tape.apply(ops.tanh(), sum);
      } else {
        Tape.Var fresh =
            tape.apply(ops.mul(), sigmoid(sum, 0), tape.apply(ops.tanh(), gate(sum, 2)));
        c = tape.apply(ops.add(), tape.apply(ops.mul(), sigmoid(sum, 1), c), fresh);
        h = tape.apply(ops.mul(), sigmoid(sum, 3), tape.apply(ops.tanh(), c));
      }
      states[time] = h;
    }
    Tape.Var logits = tape.apply(ops.fc(), tape.apply(ops.stack(), states));
    Tape.Var loss = tape.apply(ops.loss(), logits, tape.constant(TARGETS, targets.get(batch)));
    float value = loss.value().get(JAVA_FLOAT, 0);
    tape.backward(loss);
    tape.update();
    tape.endStep();
    return value;
  }

  private Tape.Var gate(Tape.Var sum, int gate) {
    return tape.apply(ops.columns()[gate], sum);
  }

  private Tape.Var sigmoid(Tape.Var sum, int gate) {
    return tape.apply(ops.sigmoid(), gate(sum, gate));
  }

  @Override
  public void close() {
    tape.close();
    arena.close();
  }
}
