package dev.retrograde.nn;

import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.trace.Tensor;
import dev.retrograde.trace.Trace;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The two values that coupled units hand on: a tensor cut in the middle of its last axis.
///
/// A layer is a function of one tensor, so a stage joins its halves at the end. Cutting what was
/// joined just before gives the halves themselves, so stages in a row pass them on without a copy,
/// and the joining that nobody reads is dead code.
record Halves(Tensor first, Tensor second) {

  static Halves of(Trace t, Tensor x, String what, String line) {
    int c = x.rank() < 2 ? 1 : x.dim(-1);
    if (c % 2 != 0) {
      throw Site.misfit(
          t,
          what,
          line,
          "a batch [n, ..., c] with an even number c of channels, to be cut in halves",
          x,
          "Give the layer before it an even number of channels.");
    }
    Node maker = maker(t, x);
    return maker != null && joins(maker)
        ? new Halves(new Tensor(maker.operand(0)), new Tensor(maker.operand(1)))
        : new Halves(cut(t, x, 0), cut(t, x, c / 2));
  }

  /// Whether the node joins two equal halves along the last axis.
  private static boolean joins(Node n) {
    return n.op() instanceof MoveOp.Concat c
        && n.operands().size() == 2
        && c.axis() == n.operand(0).type().rank() - 1
        && n.operand(0).type().equals(n.operand(1).type());
  }

  private static Tensor cut(Trace t, Tensor x, int from) {
    List<Integer> starts = new ArrayList<>(Collections.nCopies(x.rank(), 0));
    List<Integer> sizes = new ArrayList<>(x.type().dims());
    starts.set(x.rank() - 1, from);
    sizes.set(x.rank() - 1, x.dim(-1) / 2);
    return t.slice(x, starts, sizes);
  }

  /// Both on the grid; what is on it already stays as it is.
  Halves snapped(Trace t, int grid) {
    return new Halves(snapped(t, first, grid), snapped(t, second, grid));
  }

  private static Tensor snapped(Trace t, Tensor x, int grid) {
    Node n = maker(t, x);
    boolean already =
        n != null && (n.op().equals(new MapOp.Snap(grid)) || n.op().equals(new MapOp.Couple(grid)));
    return already ? x : t.snap(x, grid);
  }

  Tensor join(Trace t) {
    return t.concat(first.rank() - 1, first, second);
  }

  /// The node that made a tensor, or null for inputs and state.
  private static @Nullable Node maker(Trace t, Tensor x) {
    for (Node n : t.emit().nodes().reversed()) {
      if (n.results().contains(x.value())) {
        return n;
      }
    }
    return null;
  }
}
