package dev.retrograde.pass;

import dev.retrograde.ir.Node;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.loop.Affine;
import dev.retrograde.loop.Code;
import dev.retrograde.loop.Kernel;
import dev.retrograde.loop.Mem;
import dev.retrograde.loop.Stmt;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.KernelCompiler.Machine;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Whether a loop nest that a user gives fits its node: parameters, lanes, and that what it loads
/// and stores without a mask lies within its operands and results.
///
/// Places are affine in loop variables whose ranges are known, so their least and greatest value
/// are found exactly. Machine code checks nothing, so a fault has to be found here.
final class NestCheck {
  private final Node node;
  private final Kernel kernel;
  private final List<Type> types;

  /// Iterations of the loops around.
  private final Map<Integer, Integer> extents = new HashMap<>();

  private NestCheck(Node node, Kernel kernel) {
    this.node = node;
    this.kernel = kernel;
    this.types =
        Stream.concat(node.operands().stream(), node.results().stream()).map(Value::type).toList();
  }

  /// @throws IllegalArgumentException saying what does not fit
  static void check(Node n, Kernel k, Machine machine) {
    NestCheck c = new NestCheck(n, k);
    List<DType> expected = c.types.stream().map(Type::dtype).toList();
    if (!k.params().equals(expected)) {
      throw c.fault(
          "has parameters "
              + k.params()
              + ", expected the operands and then the results "
              + expected);
    }
    if (k.lanes() != 1 && k.lanes() != machine.lanes(4) && k.lanes() != machine.lanes(8)) {
      throw c.fault(
          "has "
              + k.lanes()
              + " lanes, expected 1, "
              + machine.lanes(8)
              + " or "
              + machine.lanes(4)
              + "; ask the machine that is given");
    }
    if (k.extent() < 0) {
      throw c.fault("runs its outermost loop " + k.extent() + " times");
    }
    c.extents.put(0, k.extent());
    if (k.extent() > 0) {
      c.body(k.body());
    }
  }

  private void body(List<Stmt> body) {
    for (Stmt s : body) {
      switch (s) {
        case Stmt.For f -> {
          if (extents.putIfAbsent(f.var(), f.extent()) != null) {
            throw fault("uses i" + f.var() + " for two loops, one within the other");
          }
          if (f.extent() > 0) {
            body(f.body());
          }
          extents.remove(f.var());
        }
        case Stmt.Let l -> code(l.code());
        case Stmt.Store t -> {
          if (t.to().param() < node.operands().size()) {
            throw fault("stores into operand " + t.to().param() + ", which is not its own");
          }
          access("stores", t.to(), t.stride(), t.count(), t.mask() != null);
        }
      }
    }
  }

  private void code(Code code) {
    switch (code) {
      case Code.Load l -> access("loads", l.from(), l.stride(), l.count(), l.mask() != null);
      case Code.Gather g -> access("gathers from", g.from(), 0, 1, true);
      case Code.Index i -> range(i.value());
      case Code.Const _, Code.Apply _, Code.Cast _, Code.Copy _, Code.First _, Code.Swap _ -> {}
    }
  }

  private void access(String what, Mem at, int stride, int count, boolean free) {
    if (at.param() < 0 || at.param() >= types.size()) {
      throw fault(what + " parameter " + at.param() + " of " + types.size());
    }
    long[] r = range(at.at());
    long last = (long) stride * (Math.max(1, count) - 1);
    long from = r[0] + Math.min(0, last);
    long to = r[1] + Math.max(0, last);
    long size = types.get(at.param()).size();
    if (!free && count > 0 && (from < 0 || to >= size)) {
      boolean operand = at.param() < node.operands().size();
      int number = operand ? at.param() : at.param() - node.operands().size();
      throw fault(
          what
              + " elements "
              + from
              + " to "
              + to
              + " of "
              + (operand ? "operand " : "result ")
              + number
              + " "
              + types.get(at.param())
              + ", which has "
              + size
              + ", at "
              + at);
    }
  }

  /// Least and greatest value.
  private long[] range(Affine a) {
    long least = a.constant();
    long most = a.constant();
    for (Affine.Term t : a.terms()) {
      Integer extent = extents.get(t.var());
      if (extent == null) {
        throw fault("uses i" + t.var() + " outside of its loop");
      }
      long end = t.factor() * (extent - 1);
      least += Math.min(0, end);
      most += Math.max(0, end);
    }
    return new long[] {least, most};
  }

  private IllegalArgumentException fault(String what) {
    return new IllegalArgumentException(
        node.op().name()
            + " '"
            + node.origin()
            + "': its loop nest "
            + what
            + "\n"
            + kernel.text());
  }
}
