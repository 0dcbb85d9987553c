package dev.retrograde.pass.tree;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.RowOp;
import dev.retrograde.ir.TreeOp.Shape;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Reading a tree's operands and the tables of its nodes.
record Heights(Shape tree) {

  static Value element(Emit e, Value table, Value at) {
    return e.add(new MoveOp.Gather(), table, at);
  }

  /// Where a height begins in the order, for a height that is a value; likewise its end.
  Value start(Emit e, Value height) {
    return element(e, tree.starts(), height);
  }

  Value end(Emit e, Value height) {
    return start(e, e.plus(height, Structured.whole(e, 1)));
  }

  /// How many leaves there are: where the inner nodes begin.
  Value leaves(Emit e) {
    return start(e, Structured.whole(e, 1));
  }

  /// How many nodes there are.
  Value nodes(Emit e) {
    return start(e, tree.levels());
  }

  /// How many heights of inner nodes there are; negative for the empty tree.
  Value innerHeights(Emit e) {
    return e.minus(tree.levels(), Structured.whole(e, 1));
  }

  /// The most inner nodes of one height: each has a child one height below, and no other has it.
  int mostInner() {
    return Math.max(1, tree.nodes() / 2);
  }

  /// `width` nodes of the order from `from` on, the last of `count` again and again.
  static Value numbers(Emit e, Value order, Value from, Value count, int width) {
    Type lanes = Type.of(DType.I32, width);
    Value last = e.minus(count, Structured.whole(e, 1));
    Value lane = e.add(new MoveOp.Iota(lanes, 0));
    Value at = e.map(Primitive.MIN, lane, e.broadcast(last, lanes.extents(), List.of()));
    return element(e, order, e.plus(at, e.broadcast(from, lanes.extents(), List.of())));
  }

  /// Which lanes are nodes; null for a single one, which always is.
  static @Nullable Value live(Emit e, Value count, int width) {
    if (width == 1) {
      return null;
    }
    Type lanes = Type.of(DType.I32, width);
    Value all = e.broadcast(count, lanes.extents(), List.of());
    return e.map(Primitive.LT, e.add(new MoveOp.Iota(lanes, 0)), all);
  }

  /// A child of nodes: where its row is, and which nodes have none. Then the row is the one behind
  /// the last node's.
  record Child(Value row, Value missing) {}

  Child child(Emit e, Value side, Value nodes) {
    Value number = element(e, side, nodes);
    Value missing = e.map(Primitive.LT, number, e.zeros(number.type()));
    return new Child(e.select(missing, e.fill(number.type(), tree.nodes()), number), missing);
  }

  /// A table with one more row.
  static Value extended(Emit e, Value table, Value row) {
    return e.add(new MoveOp.Concat(0), table, asRows(e, row));
  }

  /// The rows of the nodes alone.
  Value nodes(Emit e, Value table) {
    List<Integer> sizes = new ArrayList<>(table.type().dims());
    List<Integer> zeros = sizes.stream().map(s -> 0).toList();
    List<Integer> ones = sizes.stream().map(s -> 1).toList();
    sizes.set(0, tree.nodes());
    return e.add(new MoveOp.Slice(zeros, sizes, ones), table);
  }

  Type table(Type row) {
    return row.with(
        Stream.concat(Stream.of(Extent.of(tree.nodes())), row.extents().stream()).toList());
  }

  /// The table with these rows set; `at` a vector of numbers, or one number and `rows` one row.
  static Value set(Emit e, Value table, Value rows, Value at) {
    boolean one = at.type().rank() == 0;
    return e.add(
        new RowOp.SetRows(), table, one ? asRows(e, rows) : rows, one ? e.reshape(at, 1) : at);
  }

  /// Numbers, one or many, before others.
  static Value both(Emit e, Value first, Value second) {
    return both(e, first, second, first);
  }

  /// Rows of the nodes with these numbers before others; of one node one row.
  static Value both(Emit e, Value first, Value second, Value numbers) {
    boolean one = numbers.type().rank() == 0;
    return e.add(
        new MoveOp.Concat(0), one ? asRows(e, first) : first, one ? asRows(e, second) : second);
  }

  private static Value asRows(Emit e, Value row) {
    return e.reshape(
        row, Stream.concat(Stream.of(Extent.of(1)), row.type().extents().stream()).toList());
  }
}
