package dev.retrograde.choice.coding;

import dev.retrograde.ir.Emit;
import dev.retrograde.ir.LinearOp.Contract;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The blocks of a matrix `[m, k]` that weigh most, as a compressed block-sparse matrix: values
/// `[kept, block, block]`, the column of blocks of each (i32), and where each row of blocks starts
/// (i32, one more than rows). Blocks are ordered by row, then column. A block weighs the sum of its
/// squares; among equals the earlier one wins, and NaN weighs most. The rest counts as zero.
///
/// Edges that do not fill a block are filled up with zeros, which are kept with it.
///
/// What is kept is found by counting, for every block, the heavier ones: blocks squared comparisons
/// of integers, all lanes busy, which stays far below the layer's product up to some ten thousand
/// blocks. No element is sorted.
///
/// @param block rows and columns of a block, at least 1; 16 or 32 are usual
/// @param sparsity part of the blocks that is dropped, from 0 to below 1; what is kept is rounded
///   up
public record BlockSparse(int block, double sparsity) implements Code {
  public BlockSparse {
    if (block < 1 || !(sparsity >= 0 && sparsity < 1)) {
      throw new IllegalArgumentException(
          "blocks have at least 1 row, and a part of them from 0 to below 1 is dropped; found "
              + block
              + " and "
              + sparsity);
    }
  }

  @Override
  public @Nullable String refuses(Type type) {
    if (type.rank() != 2 || type.ragged() || type.size() == 0) {
      return "only matrices of fixed size, and not empty ones, have blocks";
    }
    return type.dtype() == DType.F32 || type.dtype() == DType.F64
        ? null
        : "blocks of f32 or f64 are weighed";
  }

  /// How many blocks of a matrix are kept: at least one.
  public int kept(Type type) {
    int all = rows(type) * columns(type);
    // What a product of decimal fractions lacks of a whole number does not count.
    return Math.max(1, all - (int) Math.floor(sparsity * all + 1e-9));
  }

  private int rows(Type type) {
    return Math.ceilDiv(type.dim(0), block);
  }

  private int columns(Type type) {
    return Math.ceilDiv(type.dim(1), block);
  }

  @Override
  public List<Value> encode(Emit e, Value v, Draw draw) {
    return encode(e, v);
  }

  /// Values, columns and starts of rows; no random numbers are needed.
  public List<Value> encode(Emit e, Value v) {
    Type t = v.type();
    Code.check(this, t);
    int rows = rows(t);
    int columns = columns(t);
    Value blocks = e.reshape(filled(e, v), rows, block, columns, block);
    Value chosen = chosen(e, e.sum(e.times(blocks, blocks), List.of(1, 3)), kept(t));
    Value starts = starts(e, e.sum(chosen, List.of(1)));
    Value at = blockOfSlot(e, slots(e, chosen, starts), kept(t));
    Value row = e.map(Primitive.DIV, at, whole(e, at.type(), columns));
    Value column = e.minus(at, e.times(row, whole(e, at.type(), columns)));
    return List.of(values(e, blocks, row, column), column, starts);
  }

  @Override
  public Value decode(Emit e, List<Value> kept, Type type) {
    int rows = rows(type);
    int columns = columns(type);
    Value values = kept.get(0);
    int n = values.type().dim(0);
    Value slot = e.reshape(slotOfBlock(e, kept, rows * columns, columns), rows, columns);
    Type lines = Type.of(DType.I32, rows, block, columns);
    Value wide = e.broadcast(slot, lines.extents(), List.of(0, 2));
    Value first = e.times(e.minus(wide, whole(e, lines, 1)), whole(e, lines, block));
    Value line = e.plus(first, e.add(new MoveOp.Iota(lines, 1)));
    // A block that was dropped has slot 0: it looks up the first line, and does not use it.
    Value inside = e.map(Primitive.MAX, line, whole(e, lines, 0));
    Value found = e.add(new MoveOp.Gather(), e.reshape(values, n * block, block), inside);
    Value there = e.map(Primitive.LT, whole(e, slot.type(), 0), slot);
    Value used = e.broadcast(there, found.type().extents(), List.of(0, 2));
    Value all = e.select(used, found, e.zeros(found.type()));
    Value matrix = e.reshape(all, rows * block, columns * block);
    return matrix.type().equals(type)
        ? matrix
        : e.add(new MoveOp.Slice(List.of(0, 0), type.dims(), List.of(1, 1)), matrix);
  }

  /// The gradient of weights `[k, n]` of `y = x w`, where x `[m, k]` was coded: with nothing
  /// dropped it has the bits of the exact one.
  ///
  /// @param type type of x
  /// @param g cotangent of y, `[m, n]`
  public Value weightGrad(Emit e, List<Value> kept, Type type, Value g) {
    return e.add(
        new Contract(List.of(), List.of(), List.of(0), List.of(0)), decode(e, kept, type), g);
  }

  @Override
  public long bytes(Type type) {
    long n = kept(type);
    return n * block * block * type.dtype().bytes() + 4 * n + 4L * (rows(type) + 1);
  }

  /// The matrix with zeros up to whole blocks.
  private Value filled(Emit e, Value v) {
    Type t = v.type();
    List<Integer> high = List.of(rows(t) * block - t.dim(0), columns(t) * block - t.dim(1));
    return high.equals(List.of(0, 0))
        ? v
        : e.add(new MoveOp.Pad(List.of(0, 0), high, List.of(0, 0), 0), v);
  }

  /// 1 for each of the `kept` heaviest blocks, 0 for the others.
  private static Value chosen(Emit e, Value weights, int kept) {
    Type t = weights.type();
    int n = Math.toIntExact(t.size());
    Value number = e.equal(weights, weights);
    Value infinite = e.fill(t, Double.POSITIVE_INFINITY);
    Value weight = e.reshape(e.select(number, weights, infinite), n);
    Type pairs = Type.of(DType.I32, n, n);
    Value mine = e.broadcast(weight, pairs.extents(), List.of(0));
    Value other = e.broadcast(weight, pairs.extents(), List.of(1));
    Value earlier =
        e.map(Primitive.LT, e.add(new MoveOp.Iota(pairs, 1)), e.add(new MoveOp.Iota(pairs, 0)));
    Value before =
        e.map(
            Primitive.OR,
            e.map(Primitive.LT, mine, other),
            e.map(Primitive.AND, e.equal(mine, other), earlier));
    Value heavier = e.sum(e.cast(before, DType.I32), List.of(1));
    Value within = e.map(Primitive.LT, heavier, whole(e, heavier.type(), kept));
    return e.reshape(e.cast(within, DType.I32), t.extents());
  }

  /// Where each row of blocks starts among those kept, and the end of the last.
  private static Value starts(Emit e, Value counts) {
    int rows = counts.type().dim(0);
    Type pairs = Type.of(DType.I32, rows + 1, rows);
    Value before =
        e.map(Primitive.LT, e.add(new MoveOp.Iota(pairs, 1)), e.add(new MoveOp.Iota(pairs, 0)));
    Value counted = e.broadcast(counts, pairs.extents(), List.of(1));
    return e.sum(e.times(e.cast(before, DType.I32), counted), List.of(1));
  }

  /// The place of each chosen block among those kept, and -1 for the others; flat.
  private static Value slots(Emit e, Value chosen, Value starts) {
    Type t = chosen.type();
    int rows = t.dim(0);
    int columns = t.dim(1);
    Type pairs = Type.of(DType.I32, rows, columns, columns);
    Value before =
        e.map(Primitive.LT, e.add(new MoveOp.Iota(pairs, 2)), e.add(new MoveOp.Iota(pairs, 1)));
    Value there = e.broadcast(chosen, pairs.extents(), List.of(0, 2));
    Value inRow = e.sum(e.times(e.cast(before, DType.I32), there), List.of(2));
    Value start = e.add(new MoveOp.Slice(List.of(0), List.of(rows), List.of(1)), starts);
    Value slot = e.plus(inRow, e.broadcast(start, t.extents(), List.of(0)));
    Value one = whole(e, t, 1);
    // 0 where not chosen, else one more than the place; then one less.
    Value marked = e.times(chosen, e.plus(slot, one));
    return e.reshape(e.minus(marked, one), rows * columns);
  }

  /// Inverts a list of places: for each place the position that holds it.
  private static Value blockOfSlot(Emit e, Value slots, int kept) {
    Type pairs = Type.of(DType.I32, kept, slots.type().dim(0));
    return positions(e, slots, pairs, e.add(new MoveOp.Iota(pairs, 1)));
  }

  /// One more than the place of each block among those kept, and 0 for those that are not; flat.
  private static Value slotOfBlock(Emit e, List<Value> kept, int blocks, int columns) {
    Value column = kept.get(1);
    Value starts = kept.get(2);
    int n = column.type().dim(0);
    int rows = starts.type().dim(0) - 1;
    Type ends = Type.of(DType.I32, n, rows);
    Value end = e.add(new MoveOp.Slice(List.of(1), List.of(rows), List.of(1)), starts);
    Value past =
        e.map(
            Primitive.LE,
            e.broadcast(end, ends.extents(), List.of(1)),
            e.add(new MoveOp.Iota(ends, 0)));
    Value row = e.sum(e.cast(past, DType.I32), List.of(1));
    Value at = e.plus(e.times(row, whole(e, row.type(), columns)), column);
    Type pairs = Type.of(DType.I32, blocks, n);
    Value place = e.plus(e.add(new MoveOp.Iota(pairs, 1)), whole(e, pairs, 1));
    return positions(e, at, pairs, place);
  }

  /// For each i the sum of `value[i, j]` over all j with `list[j] = i`, of which there is at most
  /// one.
  private static Value positions(Emit e, Value list, Type pairs, Value value) {
    Value hit =
        e.equal(e.broadcast(list, pairs.extents(), List.of(1)), e.add(new MoveOp.Iota(pairs, 0)));
    return e.sum(e.select(hit, value, e.zeros(pairs)), List.of(1));
  }

  /// The elements of the blocks at these rows and columns.
  private Value values(Emit e, Value blocks, Value row, Value column) {
    int n = row.type().dim(0);
    int width = blocks.type().dim(2) * block;
    Value line = e.times(row, whole(e, row.type(), block * width));
    Value start = e.plus(line, e.times(column, whole(e, row.type(), block)));
    Type t = Type.of(DType.I32, n, block, block);
    Value down = e.times(e.add(new MoveOp.Iota(t, 1)), whole(e, t, width));
    Value place = e.plus(down, e.add(new MoveOp.Iota(t, 2)));
    Value at = e.plus(e.broadcast(start, t.extents(), List.of(0)), place);
    int all = Math.toIntExact(blocks.type().size());
    return e.add(new MoveOp.Gather(), e.reshape(blocks, all), at);
  }

  private static Value whole(Emit e, Type t, int n) {
    return e.fill(t, n);
  }
}
