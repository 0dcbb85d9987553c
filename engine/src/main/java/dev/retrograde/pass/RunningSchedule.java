package dev.retrograde.pass;

import dev.retrograde.ir.ReduceOp.CumulativeSum;
import dev.retrograde.loop.Affine;
import dev.retrograde.loop.Code;
import dev.retrograde.loop.Reg;
import dev.retrograde.loop.Writer;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.List;

/// Writes a running sum: lanes run across sums, never along one, so that each adds its terms in
/// order. Floats add in f64 and every element is rounded on its own, as in the reference; integers
/// wrap.
///
/// Sums along the last axis have registers of one lane, a few sums at a time: lanes of different
/// rows would have to be gathered, and rows a power of two apart share few lines of the cache.
final class RunningSchedule {
  /// Vectors whose sums run side by side: an addition takes four cycles.
  private static final int VECTORS = 4;

  private final CumulativeSum op;
  private final View x;
  private final View y;
  private final DType sum;

  /// Axes other than that of the sum, the last of them that of the lanes.
  private final List<Integer> others = new ArrayList<>();

  RunningSchedule(CumulativeSum op, View x, View y) {
    this.op = op;
    this.x = x;
    this.y = y;
    this.sum = sum(y.buf().dtype);
    for (int a = 0; a < y.dims().size(); a++) {
      if (a != op.axis()) {
        others.add(a);
      }
    }
  }

  /// The type in which sums run.
  static DType sum(DType d) {
    return d.isFloat() ? DType.F64 : Reg.widened(d);
  }

  /// Lanes of its kernels on a machine that has `most`.
  int lanes(int most) {
    return others.isEmpty() || op.axis() == y.dims().size() - 1 ? 1 : most;
  }

  /// Receives each kernel.
  interface Sink {
    Evaluator evaluator();

    void kernel(Evaluator e, int extent);
  }

  void write(Sink sink) {
    if (Fusion.size(y.dims()) == 0) {
      return;
    }
    Ix[] at = new Ix[y.dims().size()];
    if (others.isEmpty()) {
      Evaluator e = sink.evaluator();
      at[op.axis()] = Ix.ZERO;
      tile(e, at, -1, Affine.of(0), 1);
      sink.kernel(e, 1);
      return;
    }
    int lane = others.getLast();
    int n = y.dims().get(lane);
    if (others.size() > 1) {
      Evaluator e = sink.evaluator();
      at[others.getFirst()] = Ix.of(Affine.var(0));
      around(e, at, 1, lane, n);
      sink.kernel(e, y.dims().get(others.getFirst()));
      return;
    }
    Evaluator whole = sink.evaluator();
    int panel = VECTORS * whole.writer().lanes();
    if (n >= panel) {
      tile(whole, at, lane, Affine.var(0).times(panel), panel);
      sink.kernel(whole, n / panel);
    }
    if (n % panel > 0) {
      Evaluator rest = sink.evaluator();
      tile(rest, at, lane, Affine.of((long) (n / panel) * panel), n % panel);
      sink.kernel(rest, 1);
    }
  }

  /// Loops over the axes between the first and that of the lanes.
  private void around(Evaluator e, Ix[] at, int k, int lane, int n) {
    Writer w = e.writer();
    if (k < others.size() - 1) {
      int axis = others.get(k);
      w.loop(
          y.dims().get(axis),
          var -> {
            at[axis] = Ix.of(Affine.var(var));
            around(e, at, k + 1, lane, n);
          });
      return;
    }
    int panel = VECTORS * w.lanes();
    if (n >= panel) {
      w.loop(n / panel, var -> tile(e, at, lane, Affine.var(var).times(panel), panel));
    }
    if (n % panel > 0) {
      tile(e, at, lane, Affine.of((long) (n / panel) * panel), n % panel);
    }
  }

  /// Sums from `start` on along the axis of lanes, `size` of them.
  ///
  /// @param lane axis of lanes, or -1 where there is one sum
  private void tile(Evaluator e, Ix[] at, int lane, Affine start, int size) {
    Writer w = e.writer();
    int width = w.lanes();
    int vectors = (size + width - 1) / width;
    Reg[] total = new Reg[vectors];
    for (int v = 0; v < vectors; v++) {
      total[v] = w.variable(sum, new Code.Const(0));
    }
    int n = y.dims().get(op.axis());
    w.loop(
        n,
        k -> {
          Affine place = Affine.var(k);
          at[op.axis()] = Ix.of(op.reverse() ? place.times(-1).plus(n - 1L) : place);
          for (int v = 0; v < vectors; v++) {
            int active = Math.min(width, size - v * width);
            if (lane >= 0) {
              at[lane] = new Ix(start.plus((long) v * width), 1);
            }
            step(e, List.of(at), total[v], active);
          }
        });
  }

  private void step(Evaluator e, List<Ix> at, Reg total, int active) {
    Writer w = e.writer();
    e.begin(active);
    Reg term = w.cast(sum, e.load(x, at, null));
    if (op.exclusive()) {
      store(e, at, total, active);
    }
    w.set(total, new Code.Apply(Primitive.ADD, List.of(total, term)));
    if (!op.exclusive()) {
      store(e, at, total, active);
    }
  }

  private void store(Evaluator e, List<Ix> at, Reg total, int active) {
    e.store(y, at, e.writer().cast(Reg.widened(y.buf().dtype), total), active);
  }
}
