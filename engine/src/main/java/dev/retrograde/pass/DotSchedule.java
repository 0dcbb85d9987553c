package dev.retrograde.pass;

import dev.retrograde.loop.Affine;
import dev.retrograde.loop.Code;
import dev.retrograde.loop.Reg;
import dev.retrograde.loop.Writer;
import dev.retrograde.pass.ContractionSchedule.Finish;
import dev.retrograde.pass.ContractionSchedule.Sink;
import dev.retrograde.pass.Nest.Dim;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// Writes a [Nest] whose lanes run along a reduced dim: both operands are read as vectors, and each
/// output joins its lanes at the end.
///
/// For products of which no output axis is contiguous in an operand, and too few rows to pay for
/// packing one. The order of the sum is that of [LoopSchedule]: virtual vectors of 64 bytes, joined
/// in a tree of halves.
final class DotSchedule {
  private final Nest nest;
  private final Product product;
  private final DType dtype;
  private final IntFunction<Evaluator> evaluators;
  private final Finish finish;
  private final Sink sink;
  private final int width;
  private final int registers;

  DotSchedule(
      Nest nest,
      Product product,
      int lanes,
      int registers,
      IntFunction<Evaluator> evaluators,
      Finish finish,
      Sink sink) {
    this.nest = nest;
    this.product = product;
    this.dtype = product.sum();
    this.width = lanes;
    this.registers = lanes == 1 ? 10 : registers;
    this.evaluators = evaluators;
    this.finish = finish;
    this.sink = sink;
  }

  private interface Terms {
    void at(Affine a, Affine b);
  }

  /// Loops over output dims around `body`.
  private static void nest(Writer w, List<Dim> loops, Map<Dim, Ix> at, Runnable body) {
    if (loops.isEmpty()) {
      body.run();
      return;
    }
    Dim d = loops.get(0);
    w.loop(
        d.extent(),
        var -> {
          at.put(d, Ix.of(Affine.var(var)));
          nest(w, loops.subList(1, loops.size()), at, body);
        });
  }

  /// Lanes run along the reduced dim `k`: both operands are read as vectors, and each output joins
  /// its lanes at the end.
  void write(Dim k) {
    List<Dim> outs = nest.outputs();
    List<Dim> others = new ArrayList<>(nest.reduced());
    others.remove(k);
    int regsPer = Math.max(1, LoopSchedule.VIRTUAL / dtype.bytes() / width);
    int budget = Math.max(1, (registers - 5 - product.temporaries()) / regsPer);
    List<Dim> as = outs.stream().filter(d -> d.b() == 0).toList();
    List<Dim> bs = outs.stream().filter(d -> d.a() == 0).toList();
    Dim rowA = as.isEmpty() ? null : as.get(as.size() - 1);
    Dim rowB = bs.isEmpty() ? null : bs.get(bs.size() - 1);
    int ta = rowA == null ? 1 : Math.min(rowA.extent(), budget >= 24 ? 4 : 2);
    int tb = rowB == null ? 1 : Math.max(1, Math.min(rowB.extent(), Math.min(12, budget / ta)));
    if (rowB != null) {
      tb =
          Math.max(
              ContractionSchedule.divisor(rowB.extent(), tb),
              rowB.extent() < 64 ? 1 : Math.min(tb, 4));
    }
    List<Dim> outer = new ArrayList<>(outs);
    if (rowA != null) {
      outer.remove(rowA);
    }
    if (rowB != null) {
      outer.remove(rowB);
    }
    int tileB = tb;
    Evaluator e = evaluators.apply(width);
    Writer w = e.writer();
    Map<Dim, Ix> at = new HashMap<>();
    int extent;
    Runnable tiles;
    int nb = rowB == null ? 1 : rowB.extent();
    int na = rowA == null ? 1 : rowA.extent();
    if (outer.isEmpty() && nb % tileB == 0) {
      extent = nb / tileB;
      tiles =
          () -> dotRows(e, k, others, at, rowA, na, ta, rowB, Affine.var(0).times(tileB), tileB);
      tiles.run();
    } else {
      Dim head = outer.isEmpty() ? null : outer.get(0);
      extent = head == null ? 1 : head.extent();
      if (head != null) {
        at.put(head, Ix.of(Affine.var(0)));
      }
      List<Dim> loops = outer.isEmpty() ? outer : outer.subList(1, outer.size());
      nest(
          w,
          loops,
          at,
          () -> {
            int whole = nb / tileB;
            if (whole > 1) {
              w.loop(
                  whole,
                  var ->
                      dotRows(
                          e,
                          k,
                          others,
                          at,
                          rowA,
                          na,
                          ta,
                          rowB,
                          Affine.var(var).times(tileB),
                          tileB));
            } else if (whole == 1) {
              dotRows(e, k, others, at, rowA, na, ta, rowB, Affine.of(0), tileB);
            }
            if (nb % tileB > 0) {
              dotRows(
                  e,
                  k,
                  others,
                  at,
                  rowA,
                  na,
                  ta,
                  rowB,
                  Affine.of((long) whole * tileB),
                  nb % tileB);
            }
          });
    }
    sink.kernel(w.finish(extent), e);
  }

  private void dotRows(
      Evaluator e,
      Dim k,
      List<Dim> others,
      Map<Dim, Ix> at,
      @Nullable Dim rowA,
      int na,
      int ta,
      @Nullable Dim rowB,
      Affine b,
      int tb) {
    Writer w = e.writer();
    int whole = na / ta;
    if (whole > 1) {
      w.loop(
          whole,
          var -> dotTile(e, k, others, at, rowA, Affine.var(var).times(ta), ta, rowB, b, tb));
    } else if (whole == 1) {
      dotTile(e, k, others, at, rowA, Affine.of(0), ta, rowB, b, tb);
    }
    if (na % ta > 0) {
      dotTile(e, k, others, at, rowA, Affine.of((long) whole * ta), na % ta, rowB, b, tb);
    }
  }

  private void dotTile(
      Evaluator e,
      Dim k,
      List<Dim> others,
      Map<Dim, Ix> outer,
      @Nullable Dim rowA,
      Affine ra,
      int ta,
      @Nullable Dim rowB,
      Affine rb,
      int tb) {
    Writer w = e.writer();
    int virtual = LoopSchedule.VIRTUAL / dtype.bytes();
    int per = Math.max(1, virtual / width);
    Affine a = Affine.of(nest.aOffset());
    Affine b = Affine.of(nest.bOffset());
    for (Map.Entry<Dim, Ix> d : outer.entrySet()) {
      a = a.plus(d.getValue().base().times(d.getKey().a()));
      b = b.plus(d.getValue().base().times(d.getKey().b()));
    }
    a = rowA == null ? a : a.plus(ra.times(rowA.a()));
    b = rowB == null ? b : b.plus(rb.times(rowB.b()));
    int pa = e.param(nest.a().buf());
    int pb = e.param(nest.b().buf());
    Reg[][][] acc = new Reg[ta][tb][per];
    for (Reg[][] x : acc) {
      for (Reg[] y : x) {
        for (int i = 0; i < per; i++) {
          y[i] = w.variable(dtype, new Code.Const(0));
        }
      }
    }
    Affine a0 = a;
    Affine b0 = b;
    sums(
        w,
        others,
        a0,
        b0,
        (oa, ob) -> {
          int whole = k.extent() / virtual;
          if (whole > 1) {
            w.loop(
                whole,
                var -> {
                  Affine s = Affine.var(var).times(virtual);
                  dotStep(w, acc, pa, oa.plus(s), rowA, pb, ob.plus(s), rowB, virtual);
                });
          } else if (whole == 1) {
            dotStep(w, acc, pa, oa, rowA, pb, ob, rowB, virtual);
          }
          int rest = k.extent() % virtual;
          if (rest > 0) {
            long s = (long) whole * virtual;
            dotStep(w, acc, pa, oa.plus(s), rowA, pb, ob.plus(s), rowB, rest);
          }
        });
    for (int i = 0; i < ta; i++) {
      for (int j = 0; j < tb; j++) {
        Reg sum = join(w, acc[i][j]);
        List<Ix> index = new ArrayList<>();
        for (int start : nest.start()) {
          index.add(Ix.of(Affine.of(start)));
        }
        outer.forEach((d, ix) -> ContractionSchedule.add(index, d, ix));
        if (rowA != null) {
          ContractionSchedule.add(index, rowA, Ix.of(ra.plus(i)));
        }
        if (rowB != null) {
          ContractionSchedule.add(index, rowB, Ix.of(rb.plus(j)));
        }
        e.begin(1);
        finish.at(e, index, sum, 1);
      }
    }
  }

  private void sums(Writer w, List<Dim> dims, Affine a, Affine b, Terms body) {
    if (dims.isEmpty()) {
      body.at(a, b);
      return;
    }
    Dim d = dims.get(0);
    w.loop(
        d.extent(),
        var ->
            sums(
                w,
                dims.subList(1, dims.size()),
                a.plus(Affine.var(var).times(d.a())),
                b.plus(Affine.var(var).times(d.b())),
                body));
  }

  private void dotStep(
      Writer w,
      Reg[][][] acc,
      int pa,
      Affine a,
      @Nullable Dim rowA,
      int pb,
      Affine b,
      @Nullable Dim rowB,
      int active) {
    for (int i = 0; i * width < active; i++) {
      int n = Math.min(width, active - i * width);
      Reg[] bv = new Reg[acc[0].length];
      for (int j = 0; j < bv.length; j++) {
        long shift = (long) i * width + (rowB == null ? 0 : j * rowB.b());
        bv[j] = product.operand(w, w.load(pb, b.plus(shift), 1, n, null));
      }
      for (int r = 0; r < acc.length; r++) {
        long shift = (long) i * width + (rowA == null ? 0 : r * rowA.a());
        Reg av = product.operand(w, w.load(pa, a.plus(shift), 1, n, null));
        for (int j = 0; j < bv.length; j++) {
          product.add(w, acc[r][j][i], av, bv[j]);
        }
      }
    }
  }

  private Reg join(Writer w, Reg[] regs) {
    Reg[] r = regs.clone();
    for (int half = r.length / 2; half >= 1; half /= 2) {
      for (int i = 0; i < half; i++) {
        r[i] = w.apply(Primitive.ADD, r[i], r[i + half]);
      }
    }
    for (int d = w.lanes() / 2; d >= 1; d /= 2) {
      r[0] = w.apply(Primitive.ADD, r[0], w.let(dtype, new Code.Swap(r[0], d)));
    }
    return r[0];
  }
}
