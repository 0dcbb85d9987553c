package dev.retrograde.train;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.Program.Update;
import dev.retrograde.ir.ReduceOp;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.List;

/// Programs that watch for NaN and infinity.
///
/// The guard of a step needs no copy of the state: every update becomes `select(finite(loss), new,
/// old)`, one more operand of the sweep that writes it anyway, and works alike on every target.
final class FiniteGuard {
  private FiniteGuard() {}

  /// The program with updates that keep the old value, bit for bit, when this scalar output is not
  /// finite.
  static Program guard(Program p, String output) {
    if (p.updates().isEmpty()) {
      return p;
    }
    Emit e = after(p);
    e.origin(new Origin("guard", "", Phase.UPDATE, 0));
    Value ok = finite(e, p.output(output));
    List<Update> updates = new ArrayList<>();
    for (Update u : p.updates()) {
      Value old = p.stateValue(u.entry());
      Value rows = u.rows();
      if (rows != null) {
        old = e.add(new MoveOp.Gather(), old, rows);
      }
      List<Extent> shape = u.value().type().extents();
      Value everywhere = e.broadcast(ok, shape, List.of());
      updates.add(new Update(u.entry(), e.select(everywhere, u.value(), old), rows));
    }
    return new Program(
        p.name(), p.state(), p.inputs(), e.nodes(), p.outputs(), updates, p.functions());
  }

  /// A value of a program and what to call it.
  record Watched(Value value, String name) {}

  /// Inputs, state and results of floating types, in the order in which they come to be.
  static List<Watched> watched(Program p) {
    List<Watched> all = new ArrayList<>();
    p.inputs().forEach(i -> all.add(new Watched(i.value(), "input '" + i.name() + "'")));
    p.state().forEach(s -> all.add(new Watched(s.value(), "state '" + s.entry().name() + "'")));
    for (Node n : p.nodes()) {
      // A constant is what somebody wrote down, infinities of masks included.
      if (!(n.op() instanceof MoveOp.Fill) && !(n.op() instanceof MoveOp.Literal)) {
        n.results().forEach(r -> all.add(new Watched(r, place(n))));
      }
    }
    all.removeIf(w -> !w.value().type().dtype().isFloat() || w.value().type().ragged());
    return List.copyOf(all);
  }

  private static String place(Node n) {
    String what =
        n.op() instanceof MapOp.Map m && m.code().single() != null
            ? m.code().single().text()
            : n.op().name();
    boolean grid =
        n.op() instanceof MapOp.Couple c && c.grid() >= 0 || n.op() instanceof MapOp.Snap;
    String range =
        grid
            ? ", whose values left the range of its grid: take a coarser grid or a lower rate"
            : "";
    return "layer '" + n.origin() + "' in " + what + range;
  }

  /// The program with one bool output for each watched value, `finite0`, `finite1`, ..., and no
  /// updates.
  static Program flags(Program p, List<Watched> watched) {
    Emit e = after(p);
    List<Program.Named> outputs = new ArrayList<>();
    for (Watched w : watched) {
      outputs.add(new Program.Named("finite" + outputs.size(), finite(e, w.value())));
    }
    return new Program(
        p.name(), p.state(), p.inputs(), e.nodes(), outputs, List.of(), p.functions());
  }

  /// Whether every element is finite: a bool scalar. NaN is not below infinity.
  private static Value finite(Emit e, Value v) {
    Value size = e.map(Primitive.ABS, v);
    Value below = e.map(Primitive.LT, size, e.fill(v.type(), Double.POSITIVE_INFINITY));
    List<Integer> axes = Emit.allAxes(v.type());
    return axes.isEmpty() ? below : e.add(new ReduceOp.Reduce(ReduceOp.Kind.ALL, axes), below);
  }

  /// An emitter that goes on behind the program's nodes.
  private static Emit after(Program p) {
    Emit e = p.emitter();
    e.nodes().addAll(p.nodes());
    return e;
  }
}
