package dev.retrograde.pass.routine;

import dev.retrograde.ir.BitOp;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.FrameOp;
import dev.retrograde.ir.KernelOp;
import dev.retrograde.ir.LinalgOp;
import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.OrderOp;
import dev.retrograde.ir.RandomOp;
import dev.retrograde.ir.ReduceOp;
import dev.retrograde.ir.RowOp;
import dev.retrograde.ir.TreeOp;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.WindowOp;
import org.jspecify.annotations.Nullable;

/// Which op has which routine.
public final class Routines {
  private Routines() {}

  /// The routine of a node whose sizes are known, or null where its op has another way to run.
  public static Routine.@Nullable Plan of(Node n) {
    return switch (n.op()) {
      case OrderOp o -> ordering(o, n);
      case LinalgOp.Cholesky _ -> Factorising.plan(n.operand(0).type());
      case LinalgOp.TriangularSolve s -> Solving.plan(s, n.operand(1).type());
      case MapOp.StopGradient _ -> Copying.plan();
      case MapOp.Map _, MapOp.Couple _, MapOp.Snap _ -> null;
      case ReduceOp _, MoveOp _, LinearOp _, WindowOp _, BitOp _, RandomOp _ -> null;
      case FrameOp _, RowOp _, TreeOp _, ControlOp _, KernelOp _ -> null;
    };
  }

  private static Routine.@Nullable Plan ordering(OrderOp op, Node n) {
    Type x = n.operand(0).type();
    Type y = n.results().get(0).type();
    return switch (op) {
      case OrderOp.Sort s -> Ordering.plan(x, x.dim(x.rank() - 1), s.descending());
      case OrderOp.TopK _ -> Ordering.plan(x, y.dim(y.rank() - 1), true);
      case OrderOp.Untake _ -> Untaking.plan(x, y.dim(y.rank() - 1));
      case OrderOp.Compact _ -> Compacting.plan(x.dim(0), y.dim(0));
      case OrderOp.Take _ -> null;
    };
  }
}
