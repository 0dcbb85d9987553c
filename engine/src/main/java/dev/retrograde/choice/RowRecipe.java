package dev.retrograde.choice;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// How some rows of a value can be made without the others: a tensor of looked-up rows plus a bias,
/// say, from the indices of those rows. What is elementwise or looks rows up gives the same bits
/// for any number of rows; a product need not, and is a leaf.
final class RowRecipe {
  private final Map<Value, Node> maker;

  /// @param maker forward nodes by what they make
  RowRecipe(Map<Value, Node> maker) {
    this.maker = maker;
  }

  /// The values of which rows are needed: the value itself where making it again would read as many
  /// bytes as it has.
  List<Value> leaves(Value x) {
    Set<Value> out = new LinkedHashSet<>();
    gather(x, out);
    long bytes = out.stream().mapToLong(v -> v.type().bytes()).sum();
    return 2 * bytes < x.type().bytes() ? List.copyOf(out) : List.of(x);
  }

  private void gather(Value x, Set<Value> out) {
    Node n = maker.get(x);
    if (n == null || !rowwise(n)) {
      out.add(x);
      return;
    }
    for (Value v : n.operands()) {
      if (byRow(n, v)) {
        gather(v, out);
      }
    }
  }

  private static boolean rowwise(Node n) {
    return switch (n.op()) {
      case MapOp.Map _, MoveOp.Fill _ -> true;
      case MoveOp.Gather _ -> n.operand(1).type().rank() > 0;
      case MoveOp.Broadcast b -> !b.axes().contains(0);
      default -> false;
    };
  }

  /// Whether a node reads the same rows of an operand as it makes; else it reads all of it.
  private static boolean byRow(Node n, Value operand) {
    return switch (n.op()) {
      case MoveOp.Gather _ -> operand.equals(n.operand(1));
      case MoveOp.Broadcast _ -> false;
      default -> true;
    };
  }

  /// Makes `count` rows of a value.
  ///
  /// @param rows those rows of its [#leaves]
  Value make(Emit e, Value x, Map<Value, Value> rows, int count) {
    Map<Value, Value> known = new HashMap<>(rows);
    return make(e, x, count, known);
  }

  private Value make(Emit e, Value x, int count, Map<Value, Value> known) {
    Value there = known.get(x);
    if (there != null) {
      return there;
    }
    Node n = java.util.Objects.requireNonNull(maker.get(x), "neither a leaf nor made");
    List<Value> operands = new ArrayList<>();
    for (Value v : n.operands()) {
      operands.add(byRow(n, v) ? make(e, v, count, known) : v);
    }
    List<Extent> extents = new ArrayList<>(x.type().extents());
    extents.set(0, Extent.of(count));
    List<Value> made =
        switch (n.op()) {
          case MoveOp.Broadcast b ->
              e.addAll(new MoveOp.Broadcast(extents, b.axes()), operands, List.of());
          case MoveOp.Fill f ->
              e.addAll(new MoveOp.Fill(x.type().with(extents), f.bits()), operands, List.of());
          default -> e.addAll(n.op(), operands, List.of());
        };
    for (int i = 0; i < made.size(); i++) {
      known.put(n.results().get(i), made.get(i));
    }
    return java.util.Objects.requireNonNull(known.get(x));
  }
}
