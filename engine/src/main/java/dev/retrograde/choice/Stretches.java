package dev.retrograde.choice;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// How the rows of a scan are cut: `pieces` stretches of `length` rows, and behind them, in the
/// direction of the walk, a shorter one of `rest` rows, 0 where they come out even.
///
/// @param reverse whether the last row is walked first
record Stretches(int pieces, int length, int rest, boolean reverse) {

  /// At most `most` pieces; 0 stands for the square root of the number of rows, with which what is
  /// kept at cuts and what one piece leaves are about equal. A divisor of the number of rows is
  /// taken if one is above half of what was asked for.
  static Stretches of(int rows, int most, boolean reverse) {
    int target = Math.min(rows, most == 0 ? Math.max(2, (int) Math.round(Math.sqrt(rows))) : most);
    for (int k = target; k > 1 && 2 * k > target; k--) {
      if (rows % k == 0) {
        return new Stretches(k, rows / k, 0, reverse);
      }
    }
    int length = (rows + target - 1) / Math.max(1, target);
    return new Stretches(rows / Math.max(1, length), length, rows % Math.max(1, length), reverse);
  }

  /// Whether there is more than one piece.
  boolean cuts() {
    return pieces + (rest > 0 ? 1 : 0) > 1;
  }

  /// The number of the first row of the even pieces.
  int first() {
    return reverse ? rest : 0;
  }

  /// The even pieces of whole rows, `[pieces, length, r...]`.
  Value even(Emit e, Value whole) {
    Value rows = rest == 0 ? whole : slice(e, whole, first(), pieces * length);
    return e.reshape(rows, pieces(whole.type().without(List.of(0))).extents());
  }

  /// The shorter piece, `[rest, r...]`.
  Value shorter(Emit e, Value whole) {
    return slice(e, whole, reverse ? 0 : pieces * length, rest);
  }

  /// Whole rows of both; `shorter` is not looked at where the rows come out even.
  Value whole(Emit e, Value even, Value shorter) {
    Type row = even.type().without(List.of(0, 1));
    Value head = e.reshape(even, rows(row, pieces * length).extents());
    if (rest == 0) {
      return head;
    }
    return reverse
        ? e.add(new MoveOp.Concat(0), shorter, head)
        : e.add(new MoveOp.Concat(0), head, shorter);
  }

  private Type pieces(Type row) {
    return lead(row, Extent.of(pieces), Extent.of(length));
  }

  static Type rows(Type row, int count) {
    return lead(row, Extent.of(count));
  }

  private static Type lead(Type row, Extent... lead) {
    List<Extent> all = new ArrayList<>(List.of(lead));
    all.addAll(row.extents());
    return row.with(all);
  }

  private static Value slice(Emit e, Value x, int start, int size) {
    int rank = x.type().rank();
    List<Integer> starts = new ArrayList<>(Collections.nCopies(rank, 0));
    List<Integer> sizes = new ArrayList<>();
    for (int axis = 0; axis < rank; axis++) {
      sizes.add(axis == 0 ? size : x.type().dim(axis));
    }
    starts.set(0, start);
    return e.add(new MoveOp.Slice(starts, sizes, Collections.nCopies(rank, 1)), x);
  }
}
