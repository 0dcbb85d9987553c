package dev.retrograde.pass;

import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.OrderOp;
import dev.retrograde.ir.Value;
import dev.retrograde.ir.WindowOp;
import dev.retrograde.loop.Affine;
import dev.retrograde.loop.Code;
import dev.retrograde.loop.Reg;
import dev.retrograde.loop.Writer;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarCode;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Writes code that computes a value at an index: loads what is stored, follows views by moving the
/// index, and computes elementwise nodes in place.
final class Evaluator {
  private final Fusion fusion;
  private final Views views;
  private final @Nullable Group own;
  private final Writer w;
  private final Map<Buf, Integer> params = new LinkedHashMap<>();
  private final Map<Key, Reg> memo = new HashMap<>();
  private final Map<Value, Reg> given = new HashMap<>();
  private int count;

  private record Key(Value v, List<Ix> at, @Nullable Reg mask) {}

  /// @param own the group being written: its own nodes are computed, never loaded
  Evaluator(Fusion fusion, Views views, @Nullable Group own, Writer w) {
    this.fusion = fusion;
    this.views = views;
    this.own = own;
    this.w = w;
    this.count = w.lanes();
  }

  Writer writer() {
    return w;
  }

  /// The parameter of a buffer.
  int param(Buf b) {
    return params.computeIfAbsent(b, x -> w.param(x.dtype));
  }

  List<Buf> buffers() {
    return List.copyOf(params.keySet());
  }

  /// Starts a new stretch of code in which `active` lanes count.
  void begin(int active) {
    count = active;
    memo.clear();
  }

  int count() {
    return count;
  }

  /// Sets what a value is at the index now being computed.
  void give(Value v, Reg r) {
    given.put(v, r);
  }

  Reg eval(Value v, List<Ix> at) {
    return eval(v, at, null);
  }

  private Reg eval(Value v, List<Ix> at, @Nullable Reg mask) {
    Reg g = given.get(v);
    if (g != null) {
      return g;
    }
    Key key = new Key(v, at, mask);
    Reg known = memo.get(key);
    if (known != null) {
      return known;
    }
    Reg r = compute(v, at, mask);
    memo.put(key, r);
    return r;
  }

  private Reg compute(Value v, List<Ix> at, @Nullable Reg mask) {
    Node n = fusion.maker(v);
    boolean mine =
        n != null && own != null && fusion.groupOf(v) == own && Fusion.elementwise(n.op());
    if (!mine) {
      View stored = views.find(v);
      if (stored != null) {
        return load(stored, at, mask);
      }
    }
    if (n == null) {
      throw new AssertionError(v + " has no place");
    }
    return switch (n.op()) {
      case MapOp.Map m -> {
        List<Reg> args = new ArrayList<>();
        for (Value o : n.operands()) {
          args.add(eval(o, at, mask));
        }
        List<Reg> out = w.inline(Narrow.explicit(m.code()), args);
        for (int r = 0; r < out.size(); r++) {
          memo.put(new Key(n.results().get(r), at, mask), out.get(r));
        }
        yield out.get(n.results().indexOf(v));
      }
      case MoveOp.Fill f ->
          w.constant(
              Reg.widened(f.type().dtype()),
              ScalarCode.bitsOf(Reg.widened(f.type().dtype()), f.value()));
      case MoveOp.Iota i -> {
        Ix ix = at.get(i.axis());
        Reg r = w.let(DType.I32, new Code.Index(ix.base(), Math.toIntExact(ix.lane())));
        yield w.cast(Reg.widened(i.type().dtype()), r);
      }
      case MoveOp.Broadcast b -> eval(n.operand(0), b.axes().stream().map(at::get).toList(), mask);
      case MoveOp.Transpose t ->
          eval(n.operand(0), t.inverse().stream().map(at::get).toList(), mask);
      case MoveOp.Slice s -> {
        List<Ix> from = new ArrayList<>();
        for (int a = 0; a < at.size(); a++) {
          from.add(at.get(a).times(s.strides().get(a)).plus(s.starts().get(a)));
        }
        yield eval(n.operand(0), from, mask);
      }
      case MoveOp.Reshape r -> eval(n.operand(0), withoutOnes(n, at), mask);
      case MoveOp.Pad p -> pad(n, p, at, mask);
      case MoveOp.Gather g -> gather(n, at, mask);
      case OrderOp.Take t -> take(n, at, mask);
      case WindowOp.WindowMax x -> windowMax(n, x.g(), v, at, mask);
      case WindowOp.WindowPick x -> {
        Reg which = eval(n.operand(1), at, mask);
        Reg[] sum = new Reg[1];
        Reg zero = w.constant(Reg.widened(v.type().dtype()), 0);
        taps(
            n,
            x.g(),
            at,
            mask,
            (k, value, inside) -> {
              Reg hit = w.apply(Primitive.EQ, which, w.constant(DType.I32, k));
              sum[0] = w.apply(Primitive.SELECT, hit, value, sum[0] == null ? zero : sum[0]);
            });
        yield sum[0];
      }
      case WindowOp.WindowSum x -> {
        Reg[] sum = new Reg[1];
        taps(
            n,
            x.g(),
            at,
            mask,
            (k, value, inside) ->
                sum[0] = sum[0] == null ? value : w.apply(Primitive.ADD, sum[0], value));
        yield sum[0];
      }
      default -> throw new AssertionError(n + " is not computed in place and not stored");
    };
  }

  private static List<Ix> withoutOnes(Node n, List<Ix> at) {
    List<Integer> to = n.result().type().dims();
    List<Integer> from = n.operand(0).type().dims();
    if (!Fusion.withoutOnes(to).equals(Fusion.withoutOnes(from))) {
      throw new AssertionError(n + " regroups axes of a value that is not stored");
    }
    List<Ix> kept = new ArrayList<>();
    for (int i = 0; i < to.size(); i++) {
      if (to.get(i) != 1) {
        kept.add(at.get(i));
      }
    }
    List<Ix> out = new ArrayList<>();
    int k = 0;
    for (int d : from) {
      out.add(d == 1 ? Ix.ZERO : kept.get(k++));
    }
    return out;
  }

  /// Element of a stored tensor.
  Reg load(View view, List<Ix> at, @Nullable Reg mask) {
    Affine base = Affine.of(view.offset());
    long lane = 0;
    for (int a = 0; a < at.size(); a++) {
      base = base.plus(at.get(a).base().times(view.strides().get(a)));
      lane += at.get(a).lane() * view.strides().get(a);
    }
    int p = param(view.buf());
    Reg sum = load(p, base, lane, mask);
    for (int i = 1; i < view.partials(); i++) {
      sum = w.apply(Primitive.ADD, sum, load(p, base.plus(i * view.partStride()), lane, mask));
    }
    return sum;
  }

  private Reg load(int p, Affine base, long lane, @Nullable Reg mask) {
    int active = lane == 0 && mask == null ? w.lanes() : count;
    return w.load(p, base, Math.toIntExact(lane), active, mask);
  }

  /// Element of the row that an index names; indices outside count as the nearest row.
  private Reg gather(Node n, List<Ix> at, @Nullable Reg mask) {
    int rank = n.operand(1).type().rank();
    Reg row = eval(n.operand(1), at.subList(0, rank), mask);
    return lookup(n, 0, row, at.subList(rank, at.size()), mask);
  }

  /// Element of the last axis that a position names; those outside count as the nearest one.
  private Reg take(Node n, List<Ix> at, @Nullable Reg mask) {
    int last = at.size() - 1;
    return lookup(n, last, eval(n.operand(1), at, mask), at.subList(0, last), mask);
  }

  /// Element of a node's first operand at an index known at run time along one axis.
  ///
  /// @param rest the index along the other axes
  private Reg lookup(Node n, int axis, Reg place, List<Ix> rest, @Nullable Reg mask) {
    View table = views.find(n.operand(0));
    if (table == null || table.partials() != 1) {
      throw new AssertionError(n + ": its table is not stored");
    }
    int most = table.dims().get(axis);
    if (most == 0) {
      return w.constant(Reg.widened(table.buf().dtype), 0);
    }
    Reg last = w.constant(DType.I32, most - 1L);
    Reg inside =
        w.apply(Primitive.MAX, w.apply(Primitive.MIN, place, last), w.constant(DType.I32, 0));
    Reg index = w.apply(Primitive.MUL, inside, w.constant(DType.I32, table.strides().get(axis)));
    Affine base = Affine.of(table.offset());
    long lane = 0;
    for (int a = 0; a < rest.size(); a++) {
      long stride = table.strides().get(a < axis ? a : a + 1);
      base = base.plus(rest.get(a).base().times(stride));
      lane += rest.get(a).lane() * stride;
    }
    if (lane != 0) {
      Reg along = w.let(DType.I32, new Code.Index(Affine.of(0), Math.toIntExact(lane)));
      index = w.apply(Primitive.ADD, index, along);
    }
    int p = param(table.buf());
    return w.let(
        Reg.widened(table.buf().dtype),
        new Code.Gather(new dev.retrograde.loop.Mem(p, base), index, count, mask));
  }

  /// Stores a register at an index of a view.
  void store(View view, List<Ix> at, Reg value, int active) {
    Affine base = Affine.of(view.offset());
    long lane = 0;
    for (int a = 0; a < at.size(); a++) {
      base = base.plus(at.get(a).base().times(view.strides().get(a)));
      lane += at.get(a).lane() * view.strides().get(a);
    }
    w.store(param(view.buf()), base, value, Math.toIntExact(Math.max(1, lane)), active, null);
  }

  /// Adds a register to the elements at an index of a view, where `mask` allows.
  void accumulate(View view, List<Ix> at, Reg value, int active, @Nullable Reg mask) {
    Affine base = Affine.of(view.offset());
    long lane = 0;
    for (int a = 0; a < at.size(); a++) {
      base = base.plus(at.get(a).base().times(view.strides().get(a)));
      lane += at.get(a).lane() * view.strides().get(a);
    }
    int p = param(view.buf());
    int stride = Math.toIntExact(Math.max(1, lane));
    Reg old =
        w.variable(
            value.dtype(),
            new Code.Load(new dev.retrograde.loop.Mem(p, base), stride, active, mask));
    Reg sum = w.variable(value.dtype(), new Code.Apply(Primitive.ADD, List.of(old, value)));
    w.store(p, base, sum, stride, active, mask);
  }

  /// A mask of the lanes whose index lies in 0..n-1, or null where all do.
  @Nullable Reg inside(Ix ix, long n, long least, long most, @Nullable Reg mask) {
    Reg m = mask;
    if (least < 0 || most >= n) {
      Reg i = w.let(DType.I32, new Code.Index(ix.base(), Math.toIntExact(ix.lane())));
      if (least < 0) {
        m = and(m, w.apply(Primitive.LE, w.constant(DType.I32, 0), i));
      }
      if (most >= n) {
        m = and(m, w.apply(Primitive.LT, i, w.constant(DType.I32, (int) n)));
      }
    }
    return m;
  }

  private Reg and(@Nullable Reg a, Reg b) {
    return a == null ? b : w.apply(Primitive.AND, a, b);
  }

  private Reg pad(Node n, MoveOp.Pad p, List<Ix> at, @Nullable Reg mask) {
    Reg m = null;
    List<Ix> from = new ArrayList<>();
    List<Integer> dims = n.operand(0).type().dims();
    for (int a = 0; a < at.size(); a++) {
      Ix ix = at.get(a).plus(-p.low().get(a));
      from.add(ix);
      m = inside(ix, dims.get(a), -p.low().get(a), dims.get(a) - 1L + p.high().get(a), m);
    }
    if (m == null) {
      return eval(n.operand(0), from, mask);
    }
    Reg both = mask == null ? m : w.apply(Primitive.AND, m, mask);
    Reg value = eval(n.operand(0), from, both);
    return w.apply(
        Primitive.SELECT,
        m,
        value,
        w.constant(
            value.dtype(),
            ScalarCode.bitsOf(
                value.dtype(), ScalarCode.toDouble(n.result().type().dtype(), p.bits()))));
  }

  private interface Tap {
    void at(int k, Reg value, @Nullable Reg inside);
  }

  /// Visits the elements of a window in order. Those outside the image read as zero.
  private void taps(Node n, Geometry g, List<Ix> at, @Nullable Reg mask, Tap tap) {
    Value x = n.operand(0);
    View view = views.find(x);
    if (view == null) {
      throw new AssertionError(n + ": its images are not stored");
    }
    int h = x.type().dim(1);
    int wd = x.type().dim(2);
    for (int ky = 0; ky < g.kernelH(); ky++) {
      for (int kx = 0; kx < g.kernelW(); kx++) {
        long oy = (long) ky * g.dilationH() - g.top();
        long ox = (long) kx * g.dilationW() - g.left();
        Ix iy = at.get(1).times(g.strideH()).plus(oy);
        Ix ix = at.get(2).times(g.strideW()).plus(ox);
        long lastY = (n.result().type().dim(1) - 1L) * g.strideH() + oy;
        long lastX = (n.result().type().dim(2) - 1L) * g.strideW() + ox;
        Reg in = inside(ix, wd, ox, lastX, inside(iy, h, oy, lastY, null));
        Reg both = in == null ? mask : mask == null ? in : w.apply(Primitive.AND, in, mask);
        Reg v = load(view, List.of(at.get(0), iy, ix, at.get(3)), both);
        tap.at(ky * g.kernelW() + kx, v, in);
      }
    }
  }

  private Reg windowMax(Node n, Geometry g, Value wanted, List<Ix> at, @Nullable Reg mask) {
    DType d = Reg.widened(n.operand(0).type().dtype());
    Reg[] best = new Reg[2];
    long lowest =
        dev.retrograde.ir.ReduceOp.Reduce.identityBits(dev.retrograde.ir.ReduceOp.Kind.MAX, d);
    taps(
        n,
        g,
        at,
        mask,
        (k, value, inside) -> {
          Reg v =
              inside == null
                  ? value
                  : w.apply(Primitive.SELECT, inside, value, w.constant(d, lowest));
          Reg index = w.constant(DType.I32, k);
          if (best[0] == null) {
            best[0] = v;
            best[1] = index;
            return;
          }
          Reg better =
              d.isFloat()
                  ? w.apply(
                      Primitive.AND,
                      w.apply(Primitive.NOT, w.apply(Primitive.LE, v, best[0])),
                      w.apply(Primitive.EQ, best[0], best[0]))
                  : w.apply(Primitive.LT, best[0], v);
          best[0] = w.apply(Primitive.SELECT, better, v, best[0]);
          best[1] = w.apply(Primitive.SELECT, better, index, best[1]);
        });
    memo.put(new Key(n.results().get(0), at, mask), best[0]);
    memo.put(new Key(n.results().get(1), at, mask), best[1]);
    return best[n.results().indexOf(wanted)];
  }
}
