package dev.retrograde.pass;

import dev.retrograde.loop.Affine;
import dev.retrograde.loop.Code;
import dev.retrograde.loop.Reg;
import dev.retrograde.loop.Writer;
import dev.retrograde.pass.Nest.Dim;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.KernelCompiler.Machine;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// Writes the kernels of a [Nest].
///
/// A register tile holds `rows` positions that see one broadcast of the left operand each, times
/// `vectors` vectors along the lane dim of the right one. Each output adds its terms in the order
/// of the reduced dims, one fused multiply-add a term, whatever the tile: tiles and lanes do not
/// show in the bits. Two exceptions follow from the shape alone: the *dot* form, where lanes run
/// along the reduced dim, adds in virtual vectors as [LoopSchedule] does; and long sums into few
/// outputs are cut into pieces, summed afterwards.
final class ContractionSchedule {
  private static final long BLOCK_BYTES = 48 << 10;

  /// What happens to a finished element.
  interface Finish {
    /// Writes the results at an index of the output's axes.
    void at(Evaluator e, List<Ix> index, Reg value, int active);
  }

  /// What the schedule needs from its caller.
  interface Sink {
    void kernel(dev.retrograde.loop.Kernel k, Evaluator e);

    /// Copies a view into a fresh dense buffer of the sum's type at `offset` elements; gives the
    /// buffer. With `into` null the buffer is made, of `elements`.
    Buf pack(View from, @Nullable Buf into, long offset, long elements);
  }

  private final Nest nest;
  private final Product product;
  private final DType dtype;
  private final Machine machine;
  private final IntFunction<Evaluator> evaluators;
  private final Finish finish;
  private final Sink sink;
  private final int width;
  private final int registers;
  private final @Nullable Dim lead;

  /// @param lead an output dim for the outermost loop to run over, or null for any
  ContractionSchedule(
      Nest nest,
      @Nullable Dim lead,
      Product product,
      Machine machine,
      int lanes,
      IntFunction<Evaluator> evaluators,
      Finish finish,
      Sink sink) {
    this.nest = nest;
    this.lead = lead;
    this.product = product;
    this.dtype = product.sum();
    this.machine = machine;
    this.width = lanes;
    this.registers = lanes == 1 ? 10 : machine.registers();
    this.evaluators = evaluators;
    this.finish = finish;
    this.sink = sink;
  }

  /// The output dim along which lanes can run, for a nest whose right operand is the vector: moves
  /// one index along the last axis that has more than one.
  static @Nullable Dim laneDim(Nest n) {
    Dim best = null;
    for (Dim d : n.outputs()) {
      if (d.step() == 1 && (best == null || d.axis() > best.axis())) {
        best = d;
      }
    }
    return best;
  }

  /// A reduced dim along which both operands are contiguous.
  static @Nullable Dim dotDim(Nest n) {
    for (Dim d : n.reduced()) {
      if (d.a() == 1 && d.b() == 1 && d.extent() >= 8) {
        return d;
      }
    }
    return null;
  }

  /// Largest divisor of n that is at most `most`.
  static int divisor(int n, int most) {
    for (int d = Math.min(n, most); d > 1; d--) {
      if (n % d == 0) {
        return d;
      }
    }
    return 1;
  }

  // The lane form.

  /// The order of the loops of a lane-form kernel.
  private record Plan(
      List<Dim> outer,
      @Nullable Dim lane,
      int vectors,
      @Nullable Dim row,
      int rows,
      @Nullable Dim row2,
      int rows2,
      List<Dim> reduced) {}

  private static List<Dim> mergeReduced(List<Dim> in) {
    List<Dim> out = new ArrayList<>();
    for (Dim d : in) {
      Dim last = out.isEmpty() ? null : out.get(out.size() - 1);
      if (last != null && last.a() == d.a() * d.extent() && last.b() == d.b() * d.extent()) {
        out.set(out.size() - 1, new Dim(last.extent() * d.extent(), d.a(), d.b(), -1, 0));
      } else {
        out.add(d);
      }
    }
    return out;
  }

  private boolean leads(Dim d) {
    return lead != null
        && d.axis() == lead.axis()
        && d.step() == lead.step()
        && d.extent() == lead.extent();
  }

  private Plan plan(@Nullable Dim lane) {
    List<Dim> outs = new ArrayList<>(nest.outputs());
    if (lane != null) {
      outs.remove(lane);
    }
    int n = lane == null ? 1 : (lane.extent() + width - 1) / width;
    int budget = registers - (registers > 16 ? 4 : 2) - product.temporaries();
    // Rows: dims that the vector operand does not see, the innermost first.
    List<Dim> candidates = outs.stream().filter(d -> d.b() == 0 && !leads(d)).toList();
    Dim row = candidates.isEmpty() ? null : candidates.get(candidates.size() - 1);
    int rowExtent = row == null ? 1 : row.extent();
    double best = Double.MAX_VALUE;
    int bestV = 1;
    int bestR = 1;
    int mostV = Math.min(n, row == null ? budget : rowExtent < 4 ? budget / rowExtent : 4);
    for (int v = 1; v <= Math.max(1, mostV); v++) {
      int mostR = Math.min(rowExtent, (budget - v + 1) / v);
      for (int r = 1; r <= Math.max(1, mostR); r++) {
        double cost = cost(n, v, rowExtent, r);
        if (cost < best - 1e-9) {
          best = cost;
          bestV = v;
          bestR = r;
        }
      }
    }
    Dim row2 = null;
    int rows2 = 1;
    if (row != null && bestR == rowExtent && candidates.size() > 1) {
      Dim c = candidates.get(candidates.size() - 2);
      int room = Math.max(1, budget / (bestR * bestV));
      int d = divisor(c.extent(), room);
      if (d > 1 && bestR * bestV < 12) {
        row2 = c;
        rows2 = d;
      }
    }
    if (row2 == null && bestR * bestV < 12) {
      // Another dim that only the vector operand sees shares the broadcasts.
      for (Dim c : outs) {
        if (c != row && c.a() == 0 && c.b() != 0 && !leads(c)) {
          int d = divisor(c.extent(), Math.max(1, budget / (bestR * bestV + 1)));
          if (d > 1) {
            row2 = c;
            rows2 = d;
            break;
          }
        }
      }
    }
    List<Dim> outer = new ArrayList<>(outs);
    if (row != null) {
      outer.remove(row);
    }
    return new Plan(outer, lane, bestV, row, bestR, row2, rows2, mergeReduced(nest.reduced()));
  }

  /// Cycles, roughly, to cover n vectors by rows: products issue two a cycle, loads two a cycle,
  /// and a product takes four cycles to finish.
  private double cost(int n, int v, int rows, int r) {
    double total = 0;
    int[] vs = {v, n % v};
    int[] vc = {n / v, n % v == 0 ? 0 : 1};
    int[] rs = {r, rows % r};
    int[] rc = {rows / r, rows % r == 0 ? 0 : 1};
    for (int i = 0; i < 2; i++) {
      for (int j = 0; j < 2; j++) {
        if (vc[i] * rc[j] > 0) {
          double fma = vs[i] * rs[j] / 2.0;
          double load =
              (vs[i] + rs[j]) / 2.0 + (vs[i] == 1 && machine.broadcastOperands() ? 0 : 0.15);
          total += vc[i] * (double) rc[j] * (Math.max(Math.max(fma, load), 4) + 0.5);
        }
      }
    }
    return total;
  }

  /// Cuts the sum: pieces of the first reduced dim, each added by blocks of the second.
  ///
  /// @param pieces partial results; 1 where the sum is not cut
  record Cut(int pieces, int rowsPerBlock) {
    static final Cut NONE = new Cut(1, 0);
  }

  /// Memory for partial results of one gradient, beyond two of them.
  private static final long PARTS_BYTES = 16L << 20;

  /// How a filter gradient's sum over images, rows and columns is cut, from its shape: into up to 8
  /// pieces for as many threads, fewer where the gradient itself is large.
  static Cut filterCut(Nest n, int elementBytes) {
    List<Dim> r = n.reduced();
    if (r.size() < 2) {
      return Cut.NONE;
    }
    long result =
        n.outputs().stream().mapToLong(Dim::extent).reduce(elementBytes, Math::multiplyExact);
    int most = (int) Math.clamp(PARTS_BYTES / Math.max(1, result), 2, 8);
    int pieces = divisor(r.get(0).extent(), most);
    Dim rows = r.get(1);
    long perRow = (Math.abs(rows.a()) + Math.abs(rows.b())) * elementBytes;
    int block = divisor(rows.extent(), (int) Math.max(1, BLOCK_BYTES / Math.max(1, perRow)));
    return r.size() == 2 && pieces == 1 ? Cut.NONE : new Cut(pieces, block);
  }

  // Packing: large products read their operands from copies in the order of the tiles, since rows a
  // large power of two apart fall into the same few lines of the cache.

  private static final long PACK_MACS = 1L << 28;
  private static final long PACK_STRIDE = 2048;

  /// Where a tile reads packed operands.
  private record Packed(Buf a, Affine aPlace, long rowA, Buf b, Affine bPlace) {}

  private boolean packs(Plan p) {
    if (width == 1 || p.lane == null || p.row == null || p.row2 != null || !p.outer.isEmpty()) {
      return false;
    }
    return p.reduced.size() == 1
        && p.lane.b() == 1
        && p.lane.a() == 0
        && nest.macs() >= PACK_MACS
        && p.lane.extent() >= p.vectors * width
        && p.reduced.get(0).b() * dtype.bytes() >= PACK_STRIDE;
  }

  private void packedLanes(Plan p, Dim lane, Dim row) {
    Dim k = p.reduced.get(0);
    int panel = p.vectors * width;
    int panels = lane.extent() / panel;
    int tiles = row.extent() / p.rows;
    int rest = row.extent() - tiles * p.rows;
    long panelSize = (long) k.extent() * panel;
    long tileSize = (long) k.extent() * p.rows;
    Buf b =
        sink.pack(
            new View(
                nest.b().buf(),
                nest.bOffset(),
                List.of(panels, k.extent(), panel),
                List.of((long) panel, k.b(), 1L),
                1,
                0),
            null,
            0,
            panels * panelSize);
    Buf a =
        sink.pack(
            new View(
                nest.a().buf(),
                nest.aOffset(),
                List.of(tiles, k.extent(), p.rows),
                List.of(p.rows * row.a(), k.a(), row.a()),
                1,
                0),
            null,
            0,
            tiles * tileSize + (long) rest * k.extent());
    if (rest > 0) {
      sink.pack(
          new View(
              nest.a().buf(),
              nest.aOffset() + tiles * p.rows * row.a(),
              List.of(k.extent(), rest),
              List.of(k.a(), row.a()),
              1,
              0),
          a,
          tiles * tileSize,
          (long) rest * k.extent());
    }
    Evaluator e = evaluators.apply(width);
    Writer w = e.writer();
    Affine at = Affine.var(0);
    Affine bPlace = at.times(panelSize);
    w.loop(
        tiles,
        t -> {
          Affine aPlace = Affine.var(t).times(tileSize);
          List<Dim> sum = List.of(new Dim(k.extent(), p.rows, panel, -1, 0));
          Ix rows = Ix.of(Affine.var(t).times(p.rows));
          tile(
              e,
              p,
              Map.of(),
              at.times(panel),
              panel,
              rows,
              p.rows,
              null,
              sum,
              new Packed(a, aPlace, 1, b, bPlace));
        });
    if (rest > 0) {
      List<Dim> sum = List.of(new Dim(k.extent(), rest, panel, -1, 0));
      Ix rows = Ix.of(Affine.of((long) tiles * p.rows));
      Packed packed = new Packed(a, Affine.of(tiles * tileSize), 1, b, bPlace);
      tile(e, p, Map.of(), at.times(panel), panel, rows, rest, null, sum, packed);
    }
    sink.kernel(w.finish(panels), e);
    if (lane.extent() % panel > 0) {
      rowsKernel(p, 1, lane.extent() % panel, panels * panel);
    }
  }

  /// Writes the lane form with the whole sum in registers.
  void lanes(@Nullable Dim lane) {
    Plan p = plan(lane);
    if (packs(p)) {
      packedLanes(
          p, java.util.Objects.requireNonNull(p.lane), java.util.Objects.requireNonNull(p.row));
      return;
    }
    int n = lane == null ? 1 : lane.extent();
    int panel = p.vectors * width;
    int whole = n / panel;
    int rest = n - whole * panel;
    boolean panelsOutside = p.outer.isEmpty();
    if (panelsOutside) {
      if (whole > 0) {
        rowsKernel(p, whole, panel, 0);
      }
      if (rest > 0) {
        rowsKernel(p, 1, rest, whole * panel);
      }
      return;
    }
    Evaluator e = evaluators.apply(width);
    Writer w = e.writer();
    Map<Dim, Ix> at = new HashMap<>();
    Dim first = p.outer.get(0);
    if (first == p.row2) {
      first = p.outer.size() > 1 ? p.outer.get(1) : null;
    }
    Dim head = first;
    if (head != null) {
      at.put(head, Ix.of(Affine.var(0)));
    }
    List<Dim> loops = p.outer.stream().filter(d -> d != head).toList();
    loopDims(w, loops, p, at, () -> panels(e, p, at, whole, panel, rest));
    sink.kernel(w.finish(head == null ? 1 : head.extent()), e);
  }

  private void panels(Evaluator e, Plan p, Map<Dim, Ix> at, int whole, int panel, int rest) {
    Writer w = e.writer();
    if (whole > 1) {
      w.loop(whole, var -> rows(e, p, at, Affine.var(var).times(panel), panel));
    } else if (whole == 1) {
      rows(e, p, at, Affine.of(0), panel);
    }
    if (rest > 0) {
      rows(e, p, at, Affine.of((long) whole * panel), rest);
    }
  }

  /// Loops over output dims; the second row dim steps by its tile.
  private static void loopDims(Writer w, List<Dim> loops, Plan p, Map<Dim, Ix> at, Runnable body) {
    if (loops.isEmpty()) {
      body.run();
      return;
    }
    Dim d = loops.get(0);
    List<Dim> rest = loops.subList(1, loops.size());
    int step = d == p.row2 ? p.rows2 : 1;
    int times = d.extent() / step;
    if (times == 1) {
      at.put(d, Ix.ZERO);
      loopDims(w, rest, p, at, body);
    } else {
      w.loop(
          times,
          var -> {
            at.put(d, Ix.of(Affine.var(var).times(step)));
            loopDims(w, rest, p, at, body);
          });
    }
  }

  /// A kernel whose outermost loop runs over panels, or over row tiles where panels are few.
  private void rowsKernel(Plan p, int panels, int panel, int from) {
    Evaluator e = evaluators.apply(width);
    Writer w = e.writer();
    Map<Dim, Ix> at = new HashMap<>();
    int rowExtent = p.row == null ? 1 : p.row.extent();
    int tiles = rowExtent / p.rows;
    boolean byRows = panels < 4 && tiles > panels && rowExtent % p.rows == 0;
    if (byRows) {
      Runnable inner =
          () -> {
            Ix r = Ix.of(Affine.var(0).times(p.rows));
            if (panels > 1) {
              w.loop(
                  panels,
                  var ->
                      tile(
                          e,
                          p,
                          at,
                          Affine.var(var).times(panel).plus(from),
                          panel,
                          r,
                          p.rows,
                          null,
                          null));
            } else {
              tile(e, p, at, Affine.of(from), panel, r, p.rows, null, null);
            }
          };
      inner.run();
      sink.kernel(w.finish(tiles), e);
    } else {
      Affine start = panels > 1 ? Affine.var(0).times(panel).plus(from) : Affine.of(from);
      rows(e, p, at, start, panel);
      sink.kernel(w.finish(panels), e);
    }
  }

  private void rows(Evaluator e, Plan p, Map<Dim, Ix> at, Affine lane, int size) {
    rows(e, p, at, lane, size, null, null);
  }

  private void rows(
      Evaluator e,
      Plan p,
      Map<Dim, Ix> at,
      Affine lane,
      int size,
      @Nullable Accumulate into,
      @Nullable List<Dim> reduced) {
    Writer w = e.writer();
    if (p.row == null) {
      tile(e, p, at, lane, size, Ix.ZERO, 1, into, reduced);
      return;
    }
    int whole = p.row.extent() / p.rows;
    int rest = p.row.extent() % p.rows;
    if (whole > 1) {
      w.loop(
          whole,
          var ->
              tile(
                  e,
                  p,
                  at,
                  lane,
                  size,
                  Ix.of(Affine.var(var).times(p.rows)),
                  p.rows,
                  into,
                  reduced));
    } else if (whole == 1) {
      tile(e, p, at, lane, size, Ix.ZERO, p.rows, into, reduced);
    }
    if (rest > 0) {
      Ix r = Ix.of(Affine.of((long) whole * p.rows));
      tile(e, p, at, lane, size, r, rest, into, reduced);
    }
  }

  /// Where sums that are cut accumulate in memory: the output's axes after one for the piece.
  private record Accumulate(View view) {
    static List<Ix> index(List<Ix> output) {
      List<Ix> full = new ArrayList<>(output);
      full.add(0, Ix.of(Affine.var(0)));
      return full;
    }
  }

  /// One register tile: `count` rows from `row`, lanes `lane` to `lane + size`.
  private void tile(
      Evaluator e,
      Plan p,
      Map<Dim, Ix> outer,
      Affine lane,
      int size,
      Ix row,
      int count,
      @Nullable Accumulate into,
      @Nullable List<Dim> reduced) {
    tile(e, p, outer, lane, size, row, count, into, reduced, null);
  }

  private void tile(
      Evaluator e,
      Plan p,
      Map<Dim, Ix> outer,
      Affine lane,
      int size,
      Ix row,
      int count,
      @Nullable Accumulate into,
      @Nullable List<Dim> reduced,
      @Nullable Packed packed) {
    Writer w = e.writer();
    int vectors = (size + width - 1) / width;
    int second = p.row2 == null ? 1 : p.rows2;
    boolean secondInA = p.row2 != null && p.row2.a() != 0;
    Affine a = Affine.of(nest.aOffset());
    Affine b = Affine.of(nest.bOffset());
    for (Map.Entry<Dim, Ix> d : outer.entrySet()) {
      a = a.plus(d.getValue().base().times(d.getKey().a()));
      b = b.plus(d.getValue().base().times(d.getKey().b()));
    }
    if (p.row != null) {
      a = a.plus(row.base().times(p.row.a()));
    }
    long laneA = p.lane == null ? 0 : p.lane.a();
    long laneB = p.lane == null ? 0 : p.lane.b();
    a = a.plus(lane.times(laneA));
    b = b.plus(lane.times(laneB));
    long rowA = p.row == null ? 0 : p.row.a();
    if (packed != null) {
      a = packed.aPlace;
      b = packed.bPlace;
      rowA = packed.rowA;
    }
    long rowStride = rowA;
    int pa = e.param(packed == null ? nest.a().buf() : packed.a);
    int pb = e.param(packed == null ? nest.b().buf() : packed.b);
    Reg[][][] acc = new Reg[count][second][vectors];
    for (int r = 0; r < count; r++) {
      for (int s = 0; s < second; s++) {
        for (int v = 0; v < vectors; v++) {
          List<Ix> index = index(p, outer, row, r, s, lane.plus((long) v * width));
          if (into == null) {
            acc[r][s][v] = w.variable(dtype, new Code.Const(0));
          } else {
            acc[r][s][v] =
                w.variable(dtype, load(e, into.view, Accumulate.index(index), active(size, v)));
          }
        }
      }
    }
    Affine a0 = a;
    Affine b0 = b;
    reduce(
        w,
        reduced == null ? p.reduced : reduced,
        a0,
        b0,
        (ra, rb) -> {
          Reg[][] bs = new Reg[second][vectors];
          for (int s = 0; s < second; s++) {
            for (int v = 0; v < vectors; v++) {
              if (s > 0 && secondInA) {
                bs[s][v] = bs[0][v];
                continue;
              }
              Affine place = rb.plus(v * width * laneB + (p.row2 == null ? 0 : s * p.row2.b()));
              bs[s][v] = operand(w, pb, place, laneB, active(size, v));
            }
          }
          for (int r = 0; r < count; r++) {
            for (int s = 0; s < second; s++) {
              for (int v = 0; v < vectors; v++) {
                long shift = r * rowStride + (p.row2 == null ? 0 : s * p.row2.a());
                Affine place = ra.plus(shift + v * width * laneA);
                Reg x = operand(w, pa, place, laneA, active(size, v));
                product.add(w, acc[r][s][v], x, bs[s][v]);
              }
            }
          }
        });
    for (int r = 0; r < count; r++) {
      for (int s = 0; s < second; s++) {
        for (int v = 0; v < vectors; v++) {
          List<Ix> index = index(p, outer, row, r, s, lane.plus((long) v * width));
          e.begin(active(size, v));
          if (into == null) {
            finish.at(e, index, acc[r][s][v], active(size, v));
          } else {
            e.store(into.view, Accumulate.index(index), acc[r][s][v], active(size, v));
          }
        }
      }
    }
  }

  /// Elements of an operand as terms have them.
  private Reg operand(Writer w, int param, Affine place, long lane, int active) {
    Reg read =
        lane == 0
            ? w.broadcast(param, place)
            : w.load(param, place, Math.toIntExact(lane), active, null);
    return product.operand(w, read);
  }

  private static Code load(Evaluator e, View view, List<Ix> at, int active) {
    Affine base = Affine.of(view.offset());
    long lane = 0;
    for (int i = 0; i < at.size(); i++) {
      base = base.plus(at.get(i).base().times(view.strides().get(i)));
      lane += at.get(i).lane() * view.strides().get(i);
    }
    int stride = Math.toIntExact(lane);
    return new Code.Load(
        new dev.retrograde.loop.Mem(e.param(view.buf()), base),
        stride,
        stride == 0 ? e.writer().lanes() : active,
        null);
  }

  private int active(int size, int v) {
    return Math.min(width, size - v * width);
  }

  /// The index along the output's axes.
  private List<Ix> index(Plan p, Map<Dim, Ix> outer, Ix row, int r, int s, Affine lane) {
    List<Ix> out = new ArrayList<>();
    for (int start : nest.start()) {
      out.add(Ix.of(Affine.of(start)));
    }
    outer.forEach((d, ix) -> {
      if (!d.reduced()) {
        add(out, d, d == p.row2 ? ix.plus(s) : ix);
      }
    });
    if (p.row2 != null && !outer.containsKey(p.row2)) {
      add(out, p.row2, Ix.of(Affine.of(s)));
    }
    if (p.row != null) {
      add(out, p.row, row.plus(r));
    }
    if (p.lane != null) {
      add(out, p.lane, new Ix(lane, 1));
    }
    return out;
  }

  static void add(List<Ix> out, Dim d, Ix ix) {
    out.set(d.axis(), out.get(d.axis()).plus(ix.times(d.step())));
  }

  private interface Terms {
    void at(Affine a, Affine b);
  }

  /// Loops over reduced dims around the innermost products, the last one unrolled a little.
  private void reduce(Writer w, List<Dim> dims, Affine a, Affine b, Terms body) {
    if (dims.isEmpty()) {
      body.at(a, b);
      return;
    }
    Dim d = dims.get(0);
    if (dims.size() > 1) {
      w.loop(
          d.extent(),
          var ->
              reduce(
                  w,
                  dims.subList(1, dims.size()),
                  a.plus(Affine.var(var).times(d.a())),
                  b.plus(Affine.var(var).times(d.b())),
                  body));
      return;
    }
    int unroll = d.extent() <= 4 ? d.extent() : divisor(d.extent(), 4);
    if (unroll == d.extent()) {
      for (int u = 0; u < unroll; u++) {
        w.forgetLoads();
        body.at(a.plus(u * d.a()), b.plus(u * d.b()));
      }
      return;
    }
    w.loop(
        d.extent() / unroll,
        var -> {
          for (int u = 0; u < unroll; u++) {
            Affine k = Affine.var(var).times(unroll).plus(u);
            w.forgetLoads();
            body.at(a.plus(k.times(d.a())), b.plus(k.times(d.b())));
          }
        });
  }

  // Cut sums.

  /// Writes a sum cut into pieces: piece p accumulates into `partial` along its outermost axis.
  void cut(@Nullable Dim lane, Cut cut, View partial) {
    Plan p = plan(lane);
    List<Dim> r = nest.reduced();
    Dim images = r.get(0);
    Dim rows = r.get(1);
    List<Dim> inner = new ArrayList<>();
    if (cut.rowsPerBlock > 1) {
      inner.add(new Dim(cut.rowsPerBlock, rows.a(), rows.b(), -1, 0));
    }
    inner.addAll(r.subList(2, r.size()));
    List<Dim> innerMerged = mergeReduced(inner);
    Evaluator e = evaluators.apply(width);
    Writer w = e.writer();
    List<Integer> dims = new ArrayList<>(partial.dims());
    List<Long> strides = new ArrayList<>(partial.strides());
    dims.add(0, cut.pieces);
    strides.add(0, cut.pieces > 1 ? partial.partStride() : 0);
    Accumulate into =
        new Accumulate(new View(partial.buf(), partial.offset(), dims, strides, 1, 0));
    zero(e, partial);
    int each = images.extent() / cut.pieces;
    int blocks = rows.extent() / cut.rowsPerBlock;
    Map<Dim, Ix> at = new HashMap<>();
    Dim piece = new Dim(cut.pieces, images.a() * each, images.b() * each, -1, 0);
    Dim image = new Dim(each, images.a(), images.b(), -1, 0);
    Dim block = new Dim(blocks, rows.a() * cut.rowsPerBlock, rows.b() * cut.rowsPerBlock, -1, 0);
    int n = lane == null ? 1 : lane.extent();
    int panel = p.vectors * width;
    Runnable tiles =
        () ->
            loopDims(
                w,
                p.outer,
                p,
                at,
                () -> {
                  int whole = n / panel;
                  int rest = n - whole * panel;
                  if (whole > 1) {
                    w.loop(
                        whole,
                        var ->
                            rows(e, p, at, Affine.var(var).times(panel), panel, into, innerMerged));
                  } else if (whole == 1) {
                    rows(e, p, at, Affine.of(0), panel, into, innerMerged);
                  }
                  if (rest > 0) {
                    rows(e, p, at, Affine.of((long) whole * panel), rest, into, innerMerged);
                  }
                });
    at.put(piece, Ix.of(cut.pieces > 1 ? Affine.var(0) : Affine.of(0)));
    w.loop(
        each,
        i -> {
          at.put(image, Ix.of(Affine.var(i)));
          w.loop(
              blocks,
              j -> {
                at.put(block, Ix.of(Affine.var(j)));
                tiles.run();
              });
        });
    sink.kernel(w.finish(cut.pieces), e);
  }

  private void zero(Evaluator e, View partial) {
    Writer w = e.writer();
    long size = Fusion.size(partial.dims());
    int vectors = Math.toIntExact(size / width);
    int p = e.param(partial.buf());
    Affine start = Affine.of(partial.offset()).plus(pieceOffset(partial));
    Reg zero = w.constant(dtype, 0);
    if (vectors > 0) {
      w.loop(
          vectors,
          var -> w.store(p, start.plus(Affine.var(var).times(width)), zero, 1, width, null));
    }
    int rest = Math.toIntExact(size - (long) vectors * width);
    if (rest > 0) {
      w.store(p, start.plus((long) vectors * width), zero, 1, rest, null);
    }
  }

  private static Affine pieceOffset(View partial) {
    return partial.partials() > 1 ? Affine.var(0).times(partial.partStride()) : Affine.of(0);
  }
}
