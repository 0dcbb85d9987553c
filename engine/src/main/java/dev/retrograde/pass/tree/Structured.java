package dev.retrograde.pass.tree;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.ControlOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// Loops and branches, written as Java functions that emit their bodies.
final class Structured {
  static final Type WHOLE = Type.of(DType.I32);

  private Structured() {}

  /// The body of a loop.
  @FunctionalInterface
  interface Trip {
    /// @param i number of the trip
    List<Value> emit(Emit e, Value i, List<Value> carried);
  }

  static List<Value> loop(Emit e, Value trips, int bound, List<Value> carried, Trip body) {
    Emit g = e.nested();
    Value i = g.parameter(WHOLE);
    List<Value> own = carried.stream().map(v -> g.parameter(v.type())).toList();
    List<Value> results = body.emit(g, i, own);
    List<Value> params = new ArrayList<>(List.of(i));
    params.addAll(own);
    List<Value> operands = new ArrayList<>(List.of(trips));
    operands.addAll(carried);
    Block b = new Block(params, g.nodes(), results);
    return e.addAll(new ControlOp.For(Math.max(0, bound)), operands, List.of(b));
  }

  static List<Value> branch(
      Emit e, Value condition, Function<Emit, List<Value>> yes, Function<Emit, List<Value>> no) {
    return e.addAll(new ControlOp.If(), List.of(condition), List.of(block(e, yes), block(e, no)));
  }

  private static Block block(Emit e, Function<Emit, List<Value>> body) {
    Emit g = e.nested();
    List<Value> results = body.apply(g);
    return new Block(List.of(), g.nodes(), results);
  }

  /// Emits code for one width.
  @FunctionalInterface
  interface Wide {
    List<Value> emit(Emit e, int width);
  }

  /// Code for the smallest of the ascending widths that `count` does not exceed.
  static List<Value> choose(Emit e, Value count, List<Integer> widths, Wide body) {
    if (widths.size() == 1) {
      return body.emit(e, widths.get(0));
    }
    int half = widths.size() / 2;
    Value fits = e.map(Primitive.LE, count, whole(e, widths.get(half - 1)));
    return branch(
        e,
        fits,
        g -> choose(g, count, widths.subList(0, half), body),
        g -> choose(g, count, widths.subList(half, widths.size()), body));
  }

  /// The widths below the largest count there can be, and that.
  static List<Integer> upTo(List<Integer> widths, int most) {
    List<Integer> out = new ArrayList<>(widths.stream().filter(w -> w < most).toList());
    out.add(most);
    return out;
  }

  /// These widths with three more between each and the next where that is at least eight lanes
  /// further, up to the largest count there can be: for what runs once a tree and is mostly
  /// arithmetic, idle lanes cost more than code does.
  static List<Integer> finely(List<Integer> widths, int most) {
    List<Integer> out = new ArrayList<>();
    int before = 0;
    for (int w : upTo(widths, most)) {
      for (int k = 1; k < 4 && w - before >= 8; k++) {
        out.add(before + (w - before) * k / 4);
      }
      out.add(w);
      before = w;
    }
    return out;
  }

  static Value whole(Emit e, int v) {
    return e.scalar(DType.I32, v);
  }
}
