package dev.retrograde.pass.ragged;

import dev.retrograde.ir.BitOp;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.LinalgOp;
import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Op;
import dev.retrograde.ir.OrderOp;
import dev.retrograde.ir.RandomOp;
import dev.retrograde.ir.ReduceOp;
import dev.retrograde.ir.ReduceOp.Kind;
import dev.retrograde.ir.RowOp;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.ir.WindowOp;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarCode;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.List;

/// What one node of run-time size becomes at its capacity.
///
/// A node that works row by row stays what it is: rows past the count hold what they hold, and
/// nobody asks for them. A node that reads across an axis reads its operand with what changes
/// nothing past the count: zeros in sums, the least number in maxima, NaN (which comes last) where
/// elements are ordered, the identity where a matrix is factored. A position past the count is a
/// place to write to or, on the heap, an error: it is zero.
final class Rules {
  private final Emit e;
  private final Masks masks;
  private final Counts counts;
  private final Node n;
  private final List<Value> in;

  /// @param in what stands for the operands of `n`
  Rules(Emit e, Masks masks, Counts counts, Node n, List<Value> in) {
    this.e = e;
    this.masks = masks;
    this.counts = counts;
    this.n = n;
    this.in = in;
  }

  private Type was(int k) {
    return n.operand(k).type();
  }

  private int last(int k) {
    return was(k).rank() - 1;
  }

  /// Operand k with zeros past the counts of some axes.
  private Value zeroed(int k, List<Integer> axes) {
    return masks.past(in.get(k), was(k), axes, 0);
  }

  private Value zeroed(int k) {
    return zeroed(k, Emit.allAxes(was(k)));
  }

  private List<Value> same(Op op) {
    return e.addAll(op, in, List.of());
  }

  private List<Value> one(Op op, Value... operands) {
    return e.addAll(op, List.of(operands), List.of());
  }

  List<Value> map(MapOp op) {
    return same(op);
  }

  List<Value> reduce(ReduceOp op) {
    return switch (op) {
      case ReduceOp.Reduce r -> {
        long identity = ReduceOp.Reduce.identityBits(r.kind(), was(0).dtype());
        yield one(r, masks.past(in.get(0), was(0), r.axes(), identity));
      }
      case ReduceOp.CumulativeSum c ->
          one(c, c.reverse() ? zeroed(0, List.of(c.axis())) : in.get(0));
    };
  }

  List<Value> move(MoveOp op) {
    return switch (op) {
      case MoveOp.Fill f -> same(new MoveOp.Fill(Masks.whole(f.type()), f.bits()));
      case MoveOp.Iota i -> same(new MoveOp.Iota(Masks.whole(i.type()), i.axis()));
      case MoveOp.Reshape r -> same(new MoveOp.Reshape(Masks.whole(r.target())));
      case MoveOp.Broadcast b -> same(new MoveOp.Broadcast(Masks.whole(b.target()), b.axes()));
      case MoveOp.Unslice u -> same(new MoveOp.Unslice(Masks.whole(u.type()), u.strides()));
      case MoveOp.ScatterAdd s -> {
        Value rows = zeroed(0, Emit.allAxes(was(1)));
        Value count = was(1).rank() == 1 ? masks.count(was(1), 0) : null;
        if (count != null) {
          counts.put(rows, count, Counts.Tail.ZERO);
        }
        yield one(new MoveOp.ScatterAdd(Masks.whole(s.target())), rows, zeroed(1));
      }
      case MoveOp.Literal _,
          MoveOp.Transpose _,
          MoveOp.Slice _,
          MoveOp.Pad _,
          MoveOp.Concat _,
          MoveOp.Gather _ ->
          same(op);
    };
  }

  List<Value> linear(LinearOp op) {
    return switch (op) {
      case LinearOp.Contract c -> {
        Value blocks = BlockSum.of(e, masks::now, c, in, List.of(was(0), was(1)));
        yield blocks != null
            ? List.of(blocks)
            : one(c, zeroed(0, c.leftContract()), zeroed(1, c.rightContract()));
      }
      case LinearOp.Conv c -> same(c);
      case LinearOp.ConvDataGrad c ->
          same(new LinearOp.ConvDataGrad(c.g(), Masks.whole(c.images())));
      case LinearOp.ConvFilterGrad c -> one(c, zeroed(0, List.of(0)), zeroed(1, List.of(0)));
    };
  }

  List<Value> bits(BitOp op) {
    return switch (op) {
      case BitOp.BitContract c ->
          one(c, zeroed(0, c.axes().leftContract()), zeroed(1, c.axes().rightContract()));
    };
  }

  List<Value> window(WindowOp op) {
    return switch (op) {
      case WindowOp.WindowUnpick w ->
          same(new WindowOp.WindowUnpick(w.g(), Masks.whole(w.images())));
      case WindowOp.WindowSpread w ->
          same(new WindowOp.WindowSpread(w.g(), Masks.whole(w.images())));
      case WindowOp.WindowMax _, WindowOp.WindowPick _, WindowOp.WindowSum _ -> same(op);
    };
  }

  List<Value> order(OrderOp op) {
    return switch (op) {
      case OrderOp.TopK t -> one(new OrderOp.TopK(Extent.of(t.k().capacity())), behind(true));
      case OrderOp.Sort s -> one(s, behind(s.descending()));
      case OrderOp.Take _ ->
          in.get(0).type().dim(last(0)) == 0
              ? List.of(e.zeros(in.get(0).type().with(in.get(1).type().extents())))
              : one(op, in.get(0), zeroed(1));
      case OrderOp.Untake u ->
          one(new OrderOp.Untake(Extent.of(u.n().capacity())), zeroed(0), zeroed(1));
      case OrderOp.Compact c -> List.of(compact(c.count().capacity()));
    };
  }

  /// The operand with what comes last in this order past the count of its last axis. Among equal
  /// ones the earlier position goes first, so elements that are there stay in front.
  private Value behind(boolean descending) {
    DType d = was(0).dtype();
    long bits =
        d.isFloat()
            ? ScalarCode.bitsOf(d, Double.NaN)
            : ReduceOp.Reduce.identityBits(descending ? Kind.MAX : Kind.MIN, d);
    return masks.past(in.get(0), was(0), List.of(last(0)), bits);
  }

  /// Positions of true elements: the k-th of them writes its own into row k of a table. The others
  /// write into one row more, which nobody reads.
  private Value compact(int capacity) {
    Value mask = zeroed(0);
    Type places = mask.type().with(DType.I32);
    Value ones = e.cast(mask, DType.I32);
    Value before = e.add(new ReduceOp.CumulativeSum(0, true, false), ones);
    Value outside = e.fill(places, capacity);
    Value to = e.select(mask, e.map(Primitive.MIN, before, outside), outside);
    Value table = e.zeros(Type.of(DType.I32, capacity + 1));
    Value own = e.add(new MoveOp.Iota(places, 0));
    Value written = e.add(new RowOp.SetRows(), table, own, to);
    return e.add(new MoveOp.Slice(List.of(0), List.of(capacity), List.of(1)), written);
  }

  List<Value> linalg(LinalgOp op) {
    Value matrix = masks.identityPast(in.get(0), was(0));
    return switch (op) {
      case LinalgOp.Cholesky c -> one(c, matrix);
      case LinalgOp.TriangularSolve s -> one(s, matrix, zeroed(1, List.of(was(1).rank() - 2)));
    };
  }

  /// Random bits by place in the tensor at its own size. Where only the first axis has a count that
  /// is the place at the capacity; else the bits of all places are looked up.
  List<Value> random(RandomOp op) {
    return switch (op) {
      case RandomOp.RandomBits r -> {
        List<Extent> extents = Masks.whole(r.extents());
        Type type = new Type(DType.I32, r.extents());
        boolean inner = false;
        for (int a = 1; a < type.rank(); a++) {
          inner |= masks.count(type, a) != null;
        }
        yield inner ? lookedUp(r, type) : same(new RandomOp.RandomBits(extents, r.stream()));
      }
    };
  }

  private List<Value> lookedUp(RandomOp.RandomBits r, Type was) {
    Type type = Masks.whole(was);
    Value flat =
        e.add(
            new RandomOp.RandomBits(List.of(Extent.of(Math.toIntExact(type.size()))), r.stream()),
            in.get(0));
    Value at = e.zeros(type);
    for (int a = 0; a < type.rank(); a++) {
      Value count = masks.count(was, a);
      Value size =
          count == null ? e.fill(type, type.dim(a)) : e.broadcast(count, type.extents(), List.of());
      at = e.plus(e.times(at, size), e.add(new MoveOp.Iota(type, a)));
    }
    return one(new MoveOp.Gather(), flat, at);
  }

  /// Rows written into a table. Those past the count become the last row that there is, which
  /// writes the same once more; without any, the table's first row as it is.
  ///
  /// @return rows and positions
  static List<Value> lastRepeated(
      Emit e, Counts known, Value table, Value rows, Value at, Value count) {
    int k = at.type().dim(0);
    ScalarCode.Builder b = new ScalarCode.Builder(List.of(DType.I32, DType.I32));
    int least = b.apply(Primitive.SUB, b.arg(1), b.constant(DType.I32, 1));
    int from =
        b.apply(Primitive.MAX, b.apply(Primitive.MIN, b.arg(0), least), b.constant(DType.I32, 0));
    Value counts = e.broadcast(count, at.type().extents(), List.of());
    Value index =
        e.add(new MapOp.Map(b.build(List.of(from))), e.add(new MoveOp.Iota(at.type(), 0)), counts);
    Value any = e.map(Primitive.LT, e.zeros(Type.of(DType.I32)), count);
    Value places = e.add(new MoveOp.Gather(), at, index);
    Value first = e.zeros(at.type());
    Value all = e.broadcast(any, at.type().extents(), List.of());
    Type row = table.type().without(List.of(0));
    List<Integer> dims = new ArrayList<>(table.type().dims());
    dims.set(0, 1);
    List<Integer> zeros = dims.stream().map(d -> 0).toList();
    List<Integer> ones = dims.stream().map(d -> 1).toList();
    Value head = e.reshape(e.add(new MoveOp.Slice(zeros, dims, ones), table), row.extents());
    List<Extent> whole = new ArrayList<>(List.of(Extent.of(k)));
    whole.addAll(row.extents());
    Value kept = e.broadcastOver(head, whole, List.of(0));
    Value moved = e.add(new MoveOp.Gather(), rows, index);
    Value every = e.broadcast(any, whole, List.of());
    List<Value> out = List.of(e.select(every, moved, kept), e.select(all, places, first));
    out.forEach(v -> known.put(v, count, Counts.Tail.REPEATED));
    return out;
  }
}
