package dev.retrograde.pass;

import dev.retrograde.ir.Node;
import dev.retrograde.ir.ReduceOp;
import dev.retrograde.ir.ReduceOp.Kind;
import dev.retrograde.ir.Value;
import dev.retrograde.loop.Affine;
import dev.retrograde.loop.Code;
import dev.retrograde.loop.Kernel;
import dev.retrograde.loop.Reg;
import dev.retrograde.loop.Stmt;
import dev.retrograde.loop.Writer;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// Writes the kernel of elementwise nodes and reductions over one domain.
///
/// Axes that every access walks alike become one. Lanes run along the last axis.
///
/// The order of a reduction follows from its shape and element type alone, never from what else the
/// kernel reads or computes: axes summed over along lanes are therefore never merged, a virtual
/// vector has as many lanes as the sum's own type, and pieces divide the first axis summed over.
/// Where the last axis is summed over, a virtual vector of 64 bytes of lanes each adds every
/// so-manieth element, and the lanes are joined in a tree of halves; the width of the machine's
/// registers does not show. Where the last axis is kept, each lane adds in order. Long reductions
/// are cut into at most 64 equal pieces, summed in order afterwards.
final class LoopSchedule {
  /// Bytes of a virtual vector.
  static final int VIRTUAL = 64;

  private static final int MOST_PIECES = 64;
  private static final int LEAST_PIECE = 2048;

  private final Group group;
  private final List<Node> reduces;
  private final List<Value> stores;
  private final IntFunction<Evaluator> evaluators;
  private final Map<Value, View> targets;
  private final KernelMaker maker;
  private final List<Axis> axes = new ArrayList<>();
  private final List<Integer> domain;

  /// One axis of the loop nest: several of the domain's, merged.
  private record Axis(List<Integer> members, int extent, boolean reduced) {}

  /// What the schedule needs from its caller.
  interface KernelMaker {
    int lanes();

    /// Bytes of the widest element type of the group.
    int widest();

    /// Where the partial results of a reduction go: `pieces` times the result's elements.
    View partials(Value result, int pieces);

    void done(Kernel kernel, Evaluator evaluator);
  }

  LoopSchedule(
      Group group,
      List<Integer> domain,
      List<Node> reduces,
      List<Value> stores,
      Map<Value, View> targets,
      IntFunction<Evaluator> evaluators,
      KernelMaker maker) {
    this.group = group;
    this.domain = domain;
    this.reduces = reduces;
    this.stores = stores;
    this.targets = targets;
    this.evaluators = evaluators;
    this.maker = maker;
  }

  void write() {
    List<Integer> reducedAxes =
        reduces.isEmpty() ? List.of() : ((ReduceOp.Reduce) reduces.get(0).op()).axes();
    merge(reducedAxes);
    if (reduces.isEmpty()) {
      elementwise();
    } else if (axes.isEmpty() || axes.get(axes.size() - 1).reduced) {
      reduceLast();
    } else {
      reduceOuter();
    }
  }

  /// Merges neighbouring axes that every access walks as one.
  private void merge(List<Integer> reducedAxes) {
    List<Affine> accesses = accesses();
    boolean along = reducedAxes.contains(lastAxis());
    for (int d = 0; d < domain.size(); d++) {
      if (domain.get(d) == 1) {
        continue;
      }
      boolean r = reducedAxes.contains(d);
      Axis last = axes.isEmpty() ? null : axes.get(axes.size() - 1);
      if (last != null && last.reduced == r && !(r && along)) {
        int before = last.members.get(last.members.size() - 1);
        int n = domain.get(d);
        int here = d;
        if (accesses.stream().allMatch(a -> a.factor(1 + before) == a.factor(1 + here) * n)) {
          List<Integer> members = new ArrayList<>(last.members);
          members.add(d);
          axes.set(axes.size() - 1, new Axis(members, last.extent * n, r));
          continue;
        }
      }
      axes.add(new Axis(List.of(d), domain.get(d), r));
    }
  }

  /// The last axis of more than one element, or -1.
  private int lastAxis() {
    int d = domain.size() - 1;
    while (d >= 0 && domain.get(d) == 1) {
      d--;
    }
    return d;
  }

  /// Every affine place that one point touches, with domain axis d as variable 1 + d.
  private List<Affine> accesses() {
    Evaluator e = evaluators.apply(1);
    List<Ix> at = new ArrayList<>();
    for (int d = 0; d < domain.size(); d++) {
      at.add(domain.get(d) == 1 ? Ix.ZERO : Ix.of(Affine.var(1 + d)));
    }
    point(e, at, 1);
    List<Affine> out = new ArrayList<>();
    collect(e.writer().finish(1).body(), out);
    return out;
  }

  private static void collect(List<Stmt> body, List<Affine> out) {
    for (Stmt s : body) {
      switch (s) {
        case Stmt.For f -> collect(f.body(), out);
        case Stmt.Store t -> out.add(t.to().at());
        case Stmt.Let l -> {
          switch (l.code()) {
            case Code.Load x -> out.add(x.from().at());
            case Code.Gather x -> out.add(x.from().at());
            case Code.Index x -> out.add(x.value());
            case Code.Const x -> {}
            case Code.Apply x -> {}
            case Code.Cast x -> {}
            case Code.Copy x -> {}
            case Code.First x -> {}
            case Code.Swap x -> {}
          }
        }
      }
    }
  }

  /// Computes one point: stores what is stored, returns what is reduced.
  private List<Reg> point(Evaluator e, List<Ix> at, int active) {
    e.begin(active);
    List<Reg> values = new ArrayList<>();
    for (Value v : stores) {
      values.add(e.eval(v, at));
    }
    List<Reg> in = new ArrayList<>();
    for (Node r : reduces) {
      in.add(e.eval(r.operand(0), at));
    }
    for (int i = 0; i < stores.size(); i++) {
      e.store(target(stores.get(i)), at, values.get(i), active);
    }
    return in;
  }

  private View target(Value v) {
    View t = targets.get(v);
    if (t == null) {
      throw new AssertionError(v + " of " + group.name() + " has no place to go");
    }
    return t;
  }

  /// The domain's index from one index for each merged axis.
  private List<Ix> index(Map<Axis, Ix> at) {
    List<Ix> out = new ArrayList<>();
    for (int d = 0; d < domain.size(); d++) {
      out.add(Ix.ZERO);
    }
    at.forEach((a, ix) -> out.set(a.members.get(a.members.size() - 1), ix));
    return out;
  }

  private int lanesFor(Evaluator e) {
    return e.writer().lanes();
  }

  /// Pieces of an extent: the largest divisor up to 64 that leaves enough in each.
  static int pieces(long extent, long perStep) {
    int best = 1;
    for (int p = 2; p <= MOST_PIECES && p <= extent; p++) {
      if (extent % p == 0 && extent / p * perStep >= LEAST_PIECE) {
        best = p;
      }
    }
    return best;
  }

  private void elementwise() {
    Evaluator e = evaluators.apply(maker.lanes());
    Writer w = e.writer();
    if (axes.isEmpty()) {
      point(e, index(Map.of()), 1);
      maker.done(w.finish(1), e);
      return;
    }
    Map<Axis, Ix> at = new HashMap<>();
    Axis lane = axes.get(axes.size() - 1);
    int extent;
    if (axes.size() == 1) {
      int pieces = pieces(lane.extent, 1);
      int each = lane.extent / pieces;
      Affine start = pieces == 1 ? Affine.of(0) : Affine.var(0).times(each);
      lanes(e, each, start, ix -> at.put(lane, ix), n -> point(e, index(at), n));
      extent = pieces;
    } else {
      extent = axes.get(0).extent;
      at.put(axes.get(0), Ix.of(Affine.var(0)));
      nest(
          w,
          axes.subList(1, axes.size() - 1),
          at,
          () ->
              lanes(
                  e,
                  lane.extent,
                  Affine.of(0),
                  ix -> at.put(lane, ix),
                  n -> point(e, index(at), n)));
    }
    maker.done(w.finish(extent), e);
  }

  /// Loops over these axes around `body`.
  private static void nest(Writer w, List<Axis> loops, Map<Axis, Ix> at, Runnable body) {
    if (loops.isEmpty()) {
      body.run();
      return;
    }
    Axis a = loops.get(0);
    w.loop(
        a.extent,
        var -> {
          at.put(a, Ix.of(Affine.var(var)));
          nest(w, loops.subList(1, loops.size()), at, body);
        });
  }

  /// Runs `point` over an extent in vectors: whole ones in a loop, several at a time where the code
  /// is short, then the rest.
  private void lanes(
      Evaluator e, int extent, Affine start, Consumer<Ix> place, Consumer<Integer> point) {
    Writer w = e.writer();
    int width = lanesFor(e);
    int unroll = width == 1 ? 1 : stores.size() + reduces.size() + group.nodes.size() <= 6 ? 4 : 2;
    int step = width * unroll;
    int whole = extent / step;
    if (whole > 1) {
      w.loop(
          whole,
          var -> {
            for (int u = 0; u < unroll; u++) {
              place.accept(
                  new Ix(start.plus(Affine.var(var).times(step)).plus((long) u * width), 1));
              point.accept(width);
            }
          });
    }
    int done = whole > 1 ? whole * step : 0;
    for (int i = done; i < extent; i += width) {
      place.accept(new Ix(start.plus(i), 1));
      point.accept(Math.min(width, extent - i));
    }
  }

  // Reductions.

  private record Acc(Kind kind, DType dtype, List<Reg> regs, List<Reg> second) {}

  private Acc accumulators(Writer w, Node n, int count) {
    Kind kind = ((ReduceOp.Reduce) n.op()).kind();
    DType d = Reg.widened(n.operand(0).type().dtype());
    List<Reg> regs = new ArrayList<>();
    List<Reg> second = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      regs.add(w.variable(d, new Code.Const(ReduceOp.Reduce.identityBits(kind, d))));
      if (kind == Kind.ARGMAX) {
        second.add(w.variable(DType.I32, new Code.Const(0)));
      }
    }
    return new Acc(kind, d, regs, second);
  }

  private static void combine(
      Writer w, Acc acc, int i, Reg value, @Nullable Reg index, @Nullable Reg mask) {
    Reg a = acc.regs.get(i);
    Reg v = value;
    if (mask != null && acc.kind != Kind.ARGMAX) {
      Reg identity = w.constant(acc.dtype, ReduceOp.Reduce.identityBits(acc.kind, acc.dtype));
      v =
          acc.dtype == DType.BOOL
              ? (acc.kind == Kind.ANY
                  ? w.apply(Primitive.AND, mask, value)
                  : w.apply(Primitive.OR, w.apply(Primitive.NOT, mask), value))
              : w.apply(Primitive.SELECT, mask, value, identity);
    }
    switch (acc.kind) {
      case SUM -> w.set(a, new Code.Apply(Primitive.ADD, List.of(a, v)));
      case ANY -> w.set(a, new Code.Apply(Primitive.OR, List.of(a, v)));
      case ALL -> w.set(a, new Code.Apply(Primitive.AND, List.of(a, v)));
      case MAX, MIN -> {
        Reg better = extreme(w, acc, a, v);
        w.set(a, new Code.Apply(Primitive.SELECT, List.of(better, v, a)));
      }
      case ARGMAX -> {
        Reg better = fresh(w, Primitive.LT, a, v);
        if (mask != null) {
          better = w.apply(Primitive.AND, better, mask);
        }
        Reg at = acc.second.get(i);
        w.set(
            at,
            new Code.Apply(
                Primitive.SELECT, List.of(better, java.util.Objects.requireNonNull(index), at)));
        w.set(a, new Code.Apply(Primitive.SELECT, List.of(better, v, a)));
      }
    }
  }

  private static Reg extreme(Writer w, Acc acc, Reg a, Reg v) {
    Reg better = acc.kind == Kind.MIN ? fresh(w, Primitive.LT, v, a) : fresh(w, Primitive.LT, a, v);
    return acc.dtype.isFloat()
        ? w.apply(Primitive.OR, better, w.apply(Primitive.NE, v, v))
        : better;
  }

  /// A comparison with an accumulator, which changes: never merged with an earlier one.
  private static Reg fresh(Writer w, Primitive p, Reg a, Reg b) {
    return w.variable(DType.BOOL, new Code.Apply(p, List.of(a, b)));
  }

  /// Joins the registers of a virtual vector in a tree of halves; every lane holds the result.
  private static Reg[] join(Writer w, Acc acc) {
    List<Reg> r = new ArrayList<>(acc.regs);
    List<Reg> ix = new ArrayList<>(acc.second);
    for (int half = r.size() / 2; half >= 1; half /= 2) {
      for (int i = 0; i < half; i++) {
        merge(w, acc, r, ix, i, r.get(i + half), ix.isEmpty() ? null : ix.get(i + half));
      }
    }
    for (int d = w.lanes() / 2; d >= 1; d /= 2) {
      Reg other = w.let(acc.dtype, new Code.Swap(r.get(0), d));
      Reg otherIx = ix.isEmpty() ? null : w.let(DType.I32, new Code.Swap(ix.get(0), d));
      merge(w, acc, r, ix, 0, other, otherIx);
    }
    return new Reg[] {r.get(0), ix.isEmpty() ? r.get(0) : ix.get(0)};
  }

  private static void merge(
      Writer w, Acc acc, List<Reg> r, List<Reg> ix, int i, Reg other, @Nullable Reg otherIx) {
    Reg a = r.get(i);
    switch (acc.kind) {
      case SUM -> r.set(i, w.apply(Primitive.ADD, a, other));
      case ANY -> r.set(i, w.apply(Primitive.OR, a, other));
      case ALL -> r.set(i, w.apply(Primitive.AND, a, other));
      case MAX, MIN -> r.set(i, w.apply(Primitive.SELECT, extreme(w, acc, a, other), other, a));
      case ARGMAX -> {
        Reg oi = java.util.Objects.requireNonNull(otherIx);
        Reg better =
            w.apply(
                Primitive.OR,
                w.apply(Primitive.LT, a, other),
                w.apply(
                    Primitive.AND,
                    w.apply(Primitive.EQ, a, other),
                    w.apply(Primitive.LT, oi, ix.get(i))));
        r.set(i, w.apply(Primitive.SELECT, better, other, a));
        ix.set(i, w.apply(Primitive.SELECT, better, oi, ix.get(i)));
      }
    }
  }

  /// The index of a reduction's result.
  private List<Ix> kept(Node n, List<Ix> at) {
    List<Integer> gone = ((ReduceOp.Reduce) n.op()).axes();
    List<Ix> out = new ArrayList<>();
    for (int d = 0; d < at.size(); d++) {
      if (!gone.contains(d)) {
        out.add(at.get(d));
      }
    }
    return out;
  }

  /// Bytes of the register in which a reduction accumulates, at least 4.
  static int accumulatorBytes(Node n) {
    return Math.max(4, Reg.widened(n.operand(0).type().dtype()).bytes());
  }

  /// Whether two reductions over one domain are ordered as each is alone.
  static boolean alike(Node a, Node b, long size) {
    boolean sums = sum(a) == sum(b) || size < 2 * LEAST_PIECE;
    return sums && accumulatorBytes(a) == accumulatorBytes(b);
  }

  private static boolean sum(Node n) {
    return ((ReduceOp.Reduce) n.op()).kind() == Kind.SUM;
  }

  private boolean divisible() {
    return reduces.stream().allMatch(r -> ((ReduceOp.Reduce) r.op()).kind() == Kind.SUM);
  }

  private static long product(List<Axis> some) {
    long n = 1;
    for (Axis a : some) {
      n *= a.extent;
    }
    return n;
  }

  private Map<Node, View> results(int pieces) {
    Map<Node, View> out = new HashMap<>();
    for (Node n : reduces) {
      out.put(n, pieces > 1 ? maker.partials(n.result(), pieces) : target(n.result()));
    }
    return out;
  }

  private void storeResult(
      Evaluator e, Node n, View to, int pieces, List<Ix> at, Reg value, int active) {
    View v = pieces > 1 ? new View(to.buf(), to.offset(), to.dims(), to.strides(), 1, 0) : to;
    List<Ix> index = kept(n, at);
    if (pieces > 1) {
      // The piece is one more, outermost axis.
      List<Integer> dims = new ArrayList<>(v.dims());
      List<Long> strides = new ArrayList<>(v.strides());
      dims.add(0, pieces);
      strides.add(0, to.partStride());
      List<Ix> full = new ArrayList<>(index);
      full.add(0, Ix.of(Affine.var(0)));
      e.store(new View(v.buf(), v.offset(), dims, strides, 1, 0), full, value, active);
    } else {
      e.store(v, index, value, active);
    }
  }

  /// Cuts the first reduced axis into pieces: gives the outer index and the loop inside.
  private record Cut(int pieces, int each) {}

  /// @param outer elements kept, the last axis aside where lanes run along it
  /// @param width elements of that axis, else 1
  private Cut cut(List<Axis> reduced, long outer, long width) {
    if (!divisible() || outer >= 16 || reduced.isEmpty()) {
      return new Cut(1, reduced.isEmpty() ? 1 : reduced.get(0).extent);
    }
    Axis a = reduced.get(0);
    int first = domain.get(a.members.get(0));
    int p = pieces(first, product(reduced) / first * width);
    return new Cut(p, a.extent / p);
  }

  /// The last axis is summed over.
  private void reduceLast() {
    Evaluator e = evaluators.apply(maker.lanes());
    Writer w = e.writer();
    int width = w.lanes();
    List<Axis> keptAxes = axes.stream().filter(a -> !a.reduced).toList();
    List<Axis> reduced = axes.stream().filter(a -> a.reduced).toList();
    Cut cut = cut(reduced, product(keptAxes), 1);
    Map<Node, View> to = results(cut.pieces);
    Map<Axis, Ix> at = new HashMap<>();
    int virtual = VIRTUAL / accumulatorBytes(reduces.get(0));
    int extent = 1;
    List<Axis> loops = new ArrayList<>(keptAxes);
    if (cut.pieces > 1) {
      extent = cut.pieces;
    } else if (!loops.isEmpty()) {
      Axis first = loops.remove(0);
      at.put(first, Ix.of(Affine.var(0)));
      extent = first.extent;
    }
    nest(
        w,
        loops,
        at,
        () -> {
          List<Acc> accs = new ArrayList<>();
          for (Node n : reduces) {
            accs.add(accumulators(w, n, virtual / Math.min(virtual, width)));
          }
          boolean single = reduced.size() <= 1;
          if (reduced.isEmpty()) {
            chunk(e, accs, at, null, null, Affine.of(0), 1);
          } else {
            Axis last = reduced.get(reduced.size() - 1);
            Affine piece = cut.pieces > 1 ? Affine.var(0).times(cut.each) : Affine.of(0);
            Runnable inner =
                () -> {
                  int n = single ? cut.each : last.extent;
                  Affine start = single ? piece : Affine.of(0);
                  int whole = n / virtual;
                  if (whole > 1) {
                    w.loop(
                        whole,
                        var ->
                            chunk(
                                e,
                                accs,
                                at,
                                last,
                                last,
                                start.plus(Affine.var(var).times(virtual)),
                                virtual));
                  } else if (whole == 1) {
                    chunk(e, accs, at, last, last, start, virtual);
                  }
                  if (n % virtual > 0) {
                    chunk(e, accs, at, last, last, start.plus((long) whole * virtual), n % virtual);
                  }
                };
            if (single) {
              inner.run();
            } else {
              Axis first = reduced.get(0);
              w.loop(
                  cut.each,
                  var -> {
                    at.put(first, Ix.of(piece.plus(Affine.var(var))));
                    nest(w, reduced.subList(1, reduced.size() - 1), at, inner);
                  });
            }
            at.remove(last);
            reduced.forEach(at::remove);
          }
          for (int i = 0; i < reduces.size(); i++) {
            Reg[] joined = join(w, accs.get(i));
            e.begin(1);
            storeResult(
                e,
                reduces.get(i),
                java.util.Objects.requireNonNull(to.get(reduces.get(i))),
                cut.pieces,
                index(at),
                joined[1],
                1);
          }
        });
    maker.done(w.finish(extent), e);
  }

  /// One virtual vector along the last axis.
  private void chunk(
      Evaluator e,
      List<Acc> accs,
      Map<Axis, Ix> at,
      @Nullable Axis last,
      @Nullable Axis indexAxis,
      Affine start,
      int active) {
    Writer w = e.writer();
    int width = w.lanes();
    for (int j = 0; j * width < active; j++) {
      int n = Math.min(width, active - j * width);
      if (last != null) {
        at.put(last, new Ix(start.plus((long) j * width), 1));
      }
      List<Reg> in = point(e, index(at), n);
      Reg mask = n < width ? w.let(DType.BOOL, new Code.First(n)) : null;
      for (int i = 0; i < accs.size(); i++) {
        Reg ix = null;
        if (accs.get(i).kind == Kind.ARGMAX) {
          Ix x = indexAxis == null ? Ix.ZERO : java.util.Objects.requireNonNull(at.get(indexAxis));
          ix = w.let(DType.I32, new Code.Index(x.base(), Math.toIntExact(x.lane())));
        }
        combine(w, accs.get(i), j, in.get(i), ix, mask);
      }
    }
  }

  /// The last axis is kept: lanes run along it, each adds in order.
  private void reduceOuter() {
    Evaluator e = evaluators.apply(maker.lanes());
    Writer w = e.writer();
    int width = w.lanes();
    Axis lane = axes.get(axes.size() - 1);
    List<Axis> loops = new ArrayList<>();
    List<Axis> reduced = new ArrayList<>();
    for (Axis a : axes.subList(0, axes.size() - 1)) {
      (a.reduced ? reduced : loops).add(a);
    }
    int own = domain.get(lane.members.get(lane.members.size() - 1));
    Cut cut = cut(reduced, product(loops) * lane.extent / own, own);
    Map<Node, View> to = results(cut.pieces);
    Map<Axis, Ix> at = new HashMap<>();
    int extent = 1;
    if (cut.pieces > 1) {
      extent = cut.pieces;
    } else if (!loops.isEmpty()) {
      Axis first = loops.remove(0);
      at.put(first, Ix.of(Affine.var(0)));
      extent = first.extent;
    }
    int block = Math.max(1, 4 / reduces.size());
    nest(
        w,
        loops,
        at,
        () -> {
          int step = block * width;
          int whole = lane.extent / step;
          if (whole > 1) {
            w.loop(
                whole,
                var ->
                    outerBlock(e, at, lane, Affine.var(var).times(step), step, reduced, cut, to));
          }
          int done = whole > 1 ? whole * step : 0;
          for (int i = done; i < lane.extent; i += step) {
            outerBlock(
                e, at, lane, Affine.of(i), Math.min(step, lane.extent - i), reduced, cut, to);
          }
        });
    maker.done(w.finish(extent), e);
  }

  private void outerBlock(
      Evaluator e,
      Map<Axis, Ix> at,
      Axis lane,
      Affine start,
      int size,
      List<Axis> reduced,
      Cut cut,
      Map<Node, View> to) {
    Writer w = e.writer();
    int width = w.lanes();
    int vectors = (size + width - 1) / width;
    List<Acc> accs = new ArrayList<>();
    for (Node n : reduces) {
      accs.add(accumulators(w, n, vectors));
    }
    Runnable inner =
        () -> {
          for (int v = 0; v < vectors; v++) {
            at.put(lane, new Ix(start.plus((long) v * width), 1));
            List<Reg> in = point(e, index(at), Math.min(width, size - v * width));
            for (int i = 0; i < accs.size(); i++) {
              Reg ix = null;
              if (accs.get(i).kind == Kind.ARGMAX) {
                Ix x = reduced.isEmpty() ? Ix.ZERO : at.get(reduced.get(reduced.size() - 1));
                ix =
                    w.let(DType.I32, new Code.Index(java.util.Objects.requireNonNull(x).base(), 0));
              }
              combine(w, accs.get(i), v, in.get(i), ix, null);
            }
          }
        };
    if (reduced.isEmpty()) {
      inner.run();
    } else {
      Axis first = reduced.get(0);
      Affine piece = cut.pieces > 1 ? Affine.var(0).times(cut.each) : Affine.of(0);
      w.loop(
          cut.each,
          var -> {
            at.put(first, Ix.of(piece.plus(Affine.var(var))));
            nest(w, reduced.subList(1, reduced.size()), at, inner);
          });
      reduced.forEach(at::remove);
    }
    for (int v = 0; v < vectors; v++) {
      int active = Math.min(width, size - v * width);
      at.put(lane, new Ix(start.plus((long) v * width), 1));
      e.begin(active);
      for (int i = 0; i < reduces.size(); i++) {
        Node n = reduces.get(i);
        Acc a = accs.get(i);
        Reg r = a.kind == Kind.ARGMAX ? a.second.get(v) : a.regs.get(v);
        storeResult(
            e, n, java.util.Objects.requireNonNull(to.get(n)), cut.pieces, index(at), r, active);
      }
    }
  }
}
