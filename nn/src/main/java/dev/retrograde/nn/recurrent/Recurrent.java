package dev.retrograde.nn.recurrent;

import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.Type;
import dev.retrograde.nn.Initializer;
import dev.retrograde.nn.Layer;
import dev.retrograde.nn.Site;
import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Control.Stepped;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A recurrent network: `x: [batch, time, features]`, or codes `i32 [batch, time]`, to what its
/// last layer gives at every step, `[batch, time, hidden]`, or `[batch, time, 2 hidden]` if
/// bidirectional: forwards, then backwards.
///
/// **Parameters** of layer n lie below `layerN`, or below `layerN/forward` and `layerN/backward`:
/// `input: [features, gates x hidden]`, `recurrent: [hidden, gates x hidden]` and `bias: [gates x
/// hidden]`, with the gates side by side in the order of [Cell#gates]. Codes pick rows of `input`,
/// as a product with one-hot rows would. The biases start at 0.
///
/// The input's part of the gates is one product over all steps, before the walk; a step multiplies
/// the state only. All gates share a product unless [#separateGates] says otherwise: the same sums,
/// with one product a gate, for measuring what sharing is worth.
///
/// @param cell what happens at a step
/// @param layers one on the other, at least 1
/// @param bidirectional whether each layer walks both ways
/// @param merged whether the gates share a product
/// @param unrolled whether every step is traced, instead of a scan
/// @param symbols how many codes there are; 0 if the input is numbers
/// @param dtype of the parameters if the input is codes; else they have the input's
/// @param init of each gate's weights
/// @param line where the layer was written down
public record Recurrent(
    Cell cell,
    int layers,
    boolean bidirectional,
    boolean merged,
    boolean unrolled,
    int symbols,
    DType dtype,
    Initializer init,
    String line)
    implements Layer {

  public Recurrent {
    if (cell.hidden() < 1 || layers < 1 || symbols < 0 || !dtype.isFloat()) {
      throw new IllegalArgumentException(
          "%s: expected at least 1 hidden number and 1 layer, and a floating type, found %d, %d and %s"
              .formatted(cell.kind(), cell.hidden(), layers, dtype));
    }
  }

  static Recurrent of(Cell cell, String line) {
    return new Recurrent(
        cell, 1, false, true, false, 0, DType.F32, Initializer.xavierUniform(), line);
  }

  /// This many layers, each on what the one below gives.
  public Recurrent layers(int count) {
    return new Recurrent(cell, count, bidirectional, merged, unrolled, symbols, dtype, init, line);
  }

  /// Walks both ways, with parameters of their own.
  public Recurrent bothWays() {
    return new Recurrent(cell, layers, true, merged, unrolled, symbols, dtype, init, line);
  }

  /// A product for each gate, instead of one for all.
  public Recurrent separateGates() {
    return new Recurrent(cell, layers, bidirectional, false, unrolled, symbols, dtype, init, line);
  }

  /// Every step traced: a program without control flow that grows with time.
  public Recurrent unroll() {
    return new Recurrent(cell, layers, bidirectional, merged, true, symbols, dtype, init, line);
  }

  /// Takes codes from 0 to `count - 1`.
  public Recurrent codes(int count) {
    return codes(count, DType.F32);
  }

  /// Takes codes from 0 to `count - 1`, with parameters of this type.
  public Recurrent codes(int count, DType numbers) {
    return new Recurrent(cell, layers, bidirectional, merged, unrolled, count, numbers, init, line);
  }

  public Recurrent init(Initializer weights) {
    return new Recurrent(
        cell, layers, bidirectional, merged, unrolled, symbols, dtype, weights, line);
  }

  @Override
  public String kind() {
    return cell.kind();
  }

  @Override
  public Tensor apply(Trace t, Tensor x) {
    return run(t, x, null, List.of()).outputs();
  }

  /// What a walk gives.
  ///
  /// @param outputs `[batch, time, hidden]`, or twice as wide if bidirectional
  /// @param last the state after the walk, `[batch, hidden]` each: for each layer, for each
  ///   direction, the parts of the cell's state
  public record Walked(Tensor outputs, List<Tensor> last) {}

  /// Traces the layer over sequences of unequal length, or from a given state.
  ///
  /// @param lengths `i32 [batch]`: past its end a sequence gives 0 and keeps its state, so that the
  ///   last state is that of its last step, and walking backwards begins there. Null if all are
  ///   full.
  /// @param initial the state before, in the order of [Walked#last]; none for zeros
  public Walked run(Trace t, Tensor x, @Nullable Tensor lengths, List<Tensor> initial) {
    check(t, x);
    int directions = bidirectional ? 2 : 1;
    int wanted = layers * directions * cell.states();
    if (!initial.isEmpty() && initial.size() != wanted) {
      throw new IllegalArgumentException(
          "%s '%s' (%s): expected %d parts of an initial state, found %d. Give what an earlier walk left."
              .formatted(kind(), t.path(), line, wanted, initial.size()));
    }
    if (lengths != null) {
      Lengths.check(t, lengths, x.dim(0));
    }
    Tensor rows = symbols > 0 ? t.transpose(x, 1, 0) : t.transpose(x, 1, 0, 2);
    DType numbers = symbols > 0 ? dtype : x.dtype();
    Tensor zero = t.zeros(Type.of(numbers, x.dim(0), cell.hidden()));
    List<Tensor> last = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      Tensor below = rows;
      List<Tensor> ways = new ArrayList<>();
      for (int d = 0; d < directions; d++) {
        List<Tensor> before = new ArrayList<>();
        for (int s = 0; s < cell.states(); s++) {
          before.add(initial.isEmpty() ? zero : initial.get(last.size() + s));
        }
        boolean reverse = d == 1;
        Stepped walked = at(t, layer, reverse, () -> walk(t, below, lengths, before, reverse));
        last.addAll(walked.carried());
        ways.add(walked.rows().get(0));
      }
      rows = bidirectional ? t.concat(2, ways.get(0), ways.get(1)) : ways.get(0);
    }
    return new Walked(t.transpose(rows, 1, 0, 2), last);
  }

  private Stepped at(Trace t, int layer, boolean reverse, Supplier<Stepped> body) {
    return t.scope(
        "layer" + layer,
        () -> bidirectional ? t.scope(reverse ? "backward" : "forward", body) : body.get());
  }

  /// One layer in one direction.
  ///
  /// @param x `[time, batch, features]` or codes `i32 [time, batch]`
  private Stepped walk(
      Trace t, Tensor x, @Nullable Tensor lengths, List<Tensor> before, boolean reverse) {
    int hidden = cell.hidden();
    int wide = cell.gates().size() * hidden;
    boolean coded = x.rank() == 2;
    int features = coded ? symbols : x.dim(2);
    DType numbers = before.get(0).dtype();
    Tensor weight = t.parameter("input", numbers, init.of(features, hidden), features, wide);
    Tensor recurrent = t.parameter("recurrent", numbers, init.of(hidden, hidden), hidden, wide);
    Tensor bias = t.parameter("bias", numbers, new Init.Fill(0), wide);
    Gates weights = Gates.of(t, weight, hidden, merged);
    Gates projected =
        coded ? weights.map(w -> t.op(new MoveOp.Gather(), w, x)) : weights.product(t, x);
    Gates input = projected.plus(t, Gates.of(t, bias, hidden, merged));
    Gates toState = Gates.of(t, recurrent, hidden, merged);
    return new TimeLoop(unrolled)
        .run(
            t,
            reverse,
            before,
            input.parts(),
            (i, state, rows) -> {
              Gates fromState = toState.product(t, state.get(0));
              List<Tensor> after = cell.step(t, new Gates(rows, hidden), fromState, state);
              return lengths == null
                  ? new Stepped(after, List.of(after.get(0)))
                  : held(t, t.less(i, lengths), state, after);
            });
  }

  /// The step where `alive: [batch]`, else the state as it was and a row of zeros.
  private static Stepped held(Trace t, Tensor alive, List<Tensor> before, List<Tensor> after) {
    Tensor column = t.reshape(alive, alive.dim(0), 1);
    List<Tensor> state = new ArrayList<>();
    for (int s = 0; s < before.size(); s++) {
      state.add(t.select(column, after.get(s), before.get(s)));
    }
    Tensor zero = t.constant(after.get(0).dtype(), 0);
    return new Stepped(state, List.of(t.select(column, after.get(0), zero)));
  }

  private void check(Trace t, Tensor x) {
    boolean fits = symbols > 0 ? x.rank() == 2 && x.dtype() == DType.I32 : x.rank() == 3;
    if (!fits || symbols == 0 && !x.dtype().isFloat()) {
      throw Site.misfit(
          t,
          kind(),
          line,
          symbols > 0 ? "codes i32 [batch, time]" : "numbers [batch, time, features]",
          x,
          symbols > 0
              ? "Leave out codes(..) for a network that takes numbers."
              : "Use codes(symbols), or put embedding(symbols, size) before it.");
    }
  }
}
