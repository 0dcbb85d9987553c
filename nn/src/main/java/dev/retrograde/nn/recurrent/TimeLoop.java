package dev.retrograde.nn.recurrent;

import dev.retrograde.scalar.DType;
import dev.retrograde.trace.Control;
import dev.retrograde.trace.Control.Step;
import dev.retrograde.trace.Control.Stepped;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Steps along axis 0, which is time.
///
/// @param unrolled whether every step is traced, which makes a program that grows with time and has
///   no control flow, instead of one scan
record TimeLoop(boolean unrolled) {

  /// As [Control#scan]: the last carried values and the rows, `[time, r...]`.
  ///
  /// @param reverse whether the last row comes first; rows keep their places
  /// @param xs at least one, `[time, r...]` each
  Stepped run(Trace t, boolean reverse, List<Tensor> carried, List<Tensor> xs, Step body) {
    if (!unrolled) {
      return new Control(t).scan(xs.get(0).type().extents().get(0), reverse, carried, xs, body);
    }
    int time = xs.get(0).dim(0);
    List<Tensor> state = carried;
    List<List<Tensor>> written = new ArrayList<>();
    for (int k = 0; k < time; k++) {
      int row = reverse ? time - 1 - k : k;
      List<Tensor> rows = xs.stream().map(x -> row(t, x, row)).toList();
      Stepped s = body.run(t.constant(DType.I32, row), state, rows);
      state = s.carried();
      written.add(s.rows());
    }
    List<List<Tensor>> inOrder = reverse ? written.reversed() : written;
    List<Tensor> stacked = new ArrayList<>();
    for (int y = 0; !inOrder.isEmpty() && y < inOrder.getFirst().size(); y++) {
      int number = y;
      stacked.add(
          t.concat(
              0, inOrder.stream().map(rows -> lifted(t, rows.get(number))).toArray(Tensor[]::new)));
    }
    return new Stepped(state, stacked);
  }

  private static Tensor row(Trace t, Tensor x, int row) {
    int[] dims = dims(x);
    List<Integer> starts = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    for (int axis = 0; axis < dims.length; axis++) {
      starts.add(axis == 0 ? row : 0);
      sizes.add(axis == 0 ? 1 : dims[axis]);
    }
    return t.reshape(t.slice(x, starts, sizes), Arrays.copyOfRange(dims, 1, dims.length));
  }

  private static Tensor lifted(Trace t, Tensor y) {
    int[] dims = new int[y.rank() + 1];
    dims[0] = 1;
    System.arraycopy(dims(y), 0, dims, 1, y.rank());
    return t.reshape(y, dims);
  }

  private static int[] dims(Tensor x) {
    int[] dims = new int[x.rank()];
    for (int axis = 0; axis < dims.length; axis++) {
      dims[axis] = x.dim(axis);
    }
    return dims;
  }
}
