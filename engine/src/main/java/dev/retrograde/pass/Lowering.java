package dev.retrograde.pass;

import dev.retrograde.ir.BitOp;
import dev.retrograde.ir.HostTensor;
import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Node;
import dev.retrograde.ir.Origin;
import dev.retrograde.ir.Origin.Phase;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.ReduceOp;
import dev.retrograde.ir.RowOp;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.ir.WindowOp;
import dev.retrograde.loop.Affine;
import dev.retrograde.loop.Kernel;
import dev.retrograde.loop.Reg;
import dev.retrograde.loop.Stmt;
import dev.retrograde.loop.Writer;
import dev.retrograde.pass.ragged.Counts;
import dev.retrograde.pass.routine.Routine;
import dev.retrograde.pass.routine.Routines;
import dev.retrograde.runtime.MemoryReport.Tag;
import dev.retrograde.scalar.DType;
import dev.retrograde.target.KernelCompiler.Machine;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// From groups to steps: gives every stored value a buffer and writes every kernel.
final class Lowering {
  private final Program program;
  private final Machine machine;
  private final Fusion fusion;
  private final Views views;
  private final GradientOrder order;
  private final ControlLowering control;
  private final boolean outermost;
  private final List<Step> steps = new ArrayList<>();
  private final Map<String, Buf> states = new LinkedHashMap<>();
  private final Map<String, Buf> inputs = new LinkedHashMap<>();
  private final Map<String, Buf> outputs = new LinkedHashMap<>();
  private final Map<Value, int[]> halos = new HashMap<>();
  private final Map<String, View> copies = new HashMap<>();
  private final Set<Value> read = new HashSet<>();
  private final List<Update> pending = new ArrayList<>();
  private final Set<Value> gradients = new HashSet<>();
  private Phase phase = Phase.FORWARD;

  /// The step at which partial sums of the filter gradient just lowered are added up, or -1.
  private int summing = -1;

  /// A new value of a state entry, to be written over the old one.
  record Update(Buf state, View value) {}

  /// @param outermost whether it is a whole program, not a block of one
  Lowering(Program program, Machine machine, Fusion fusion, Blocks blocks, boolean outermost) {
    this.program = program;
    this.outermost = outermost;
    this.control = new ControlLowering(this, blocks, outermost);
    this.machine = machine;
    this.fusion = fusion;
    this.views = new Views(fusion);
    this.order = new GradientOrder(fusion);
  }

  List<Step> steps() {
    return steps;
  }

  Map<String, Buf> states() {
    return states;
  }

  Map<String, Buf> inputs() {
    return inputs;
  }

  Map<String, Buf> outputs() {
    return outputs;
  }

  void run() {
    for (Program.StateParam s : program.state()) {
      StateEntry e = s.entry();
      Tag tag =
          switch (e.role()) {
            case PARAMETER, STATISTIC, DERIVED -> Tag.WEIGHT;
            case OPTIMIZER, POLICY, PER_SAMPLE -> Tag.OPTIMIZER;
          };
      Buf b = new Buf(Buf.Home.STATE, e.name(), e.type().dtype(), e.type().size(), tag, null);
      states.put(e.name(), b);
      views.put(s.value(), View.dense(b, e.type().dims()));
    }
    for (Program.Named i : program.inputs()) {
      Buf b =
          new Buf(
              Buf.Home.INPUT,
              i.name(),
              i.value().type().dtype(),
              i.value().type().size(),
              Tag.INPUT,
              null);
      inputs.put(i.name(), b);
      views.put(i.value(), View.dense(b, i.value().type().dims()));
    }
    for (Node n : program.nodes()) {
      if (n.op() instanceof MoveOp.Literal l) {
        Buf b =
            new Buf(
                Buf.Home.CONSTANT,
                n.result().toString(),
                l.tensor().dtype(),
                l.tensor().size(),
                Tag.WORKSPACE,
                l.tensor());
        views.put(n.result(), View.dense(b, l.tensor().type().dims()));
      }
    }
    for (Node n : program.nodes()) {
      if (n.origin().phase() == Phase.UPDATE) {
        gradients.addAll(n.operands());
      }
    }
    findHalos();
    lowerGroups();
    phase = Phase.UPDATE;
    finishOutputs();
    finishUpdates();
    Residuals.tag(steps);
  }

  private void lowerGroups() {
    Group previous = null;
    int from = 0;
    for (Group g : fusion.groups()) {
      phase = g.phase;
      int middle = steps.size();
      summing = -1;
      lower(g);
      if (previous != null && summing > middle && order.late(previous, g)) {
        GradientOrder.swap(steps, from, middle, summing);
      }
      previous = g;
      from = middle;
    }
  }

  // Where values go.

  /// Images that a padded convolution reads get a border of zeros round them, so that no product
  /// asks where it is. Rows and columns: top, bottom, left, right.
  private void findHalos() {
    Set<Value> dense = new HashSet<>(program.results());
    Map<Value, int[]> wanted = new HashMap<>();
    for (Node n : program.nodes()) {
      for (int k = 0; k < n.operands().size(); k++) {
        int[] h = halo(n, k);
        if (h != null) {
          wanted.merge(n.operand(k), h, Lowering::larger);
        }
        boolean strided =
            h != null
                || Fusion.elementwise(n.op())
                || Fusion.reduces(n)
                || n.op() instanceof LinearOp
                || n.op() instanceof MoveOp.Transpose
                || n.op() instanceof MoveOp.Slice
                || n.op() instanceof MoveOp.Broadcast
                || Fusion.padInline(n);
        if (!strided) {
          dense.add(n.operand(k));
        }
      }
    }
    for (Map.Entry<Value, int[]> w : wanted.entrySet()) {
      Node m = fusion.maker(w.getKey());
      if (m != null
          && m.op() instanceof MapOp.Map
          && !dense.contains(w.getKey())
          && any(w.getValue())) {
        halos.put(w.getKey(), w.getValue());
      }
    }
    halos.putAll(order.borders(halos, dense));
  }

  private static boolean any(int[] h) {
    return h[0] + h[1] + h[2] + h[3] > 0;
  }

  private static int[] larger(int[] a, int[] b) {
    return new int[] {
      Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])
    };
  }

  /// The border that a node wants round operand k, or null where it is no image of a convolution.
  private static int @Nullable [] halo(Node n, int k) {
    if (n.op() instanceof LinearOp.Conv c && k == 0) {
      return forwardHalo(c.g(), n.operand(0).type().dim(1), n.operand(0).type().dim(2));
    }
    if (n.op() instanceof LinearOp.ConvFilterGrad c && k == 0) {
      return forwardHalo(c.g(), n.operand(0).type().dim(1), n.operand(0).type().dim(2));
    }
    if (n.op() instanceof LinearOp.ConvDataGrad c && k == 0 && !scatters(c, n)) {
      Geometry g = c.g();
      int[] y =
          Nest.halo(
              n.result().type().dim(1),
              n.operand(0).type().dim(1),
              g.kernelH(),
              g.strideH(),
              g.dilationH(),
              g.top());
      int[] x =
          Nest.halo(
              n.result().type().dim(2),
              n.operand(0).type().dim(2),
              g.kernelW(),
              g.strideW(),
              g.dilationW(),
              g.left());
      return new int[] {y[0], y[1], x[0], x[1]};
    }
    return null;
  }

  /// Whether a data gradient scatters patches. Sums in memory are those of the result's type, so
  /// only where registers hold no other.
  private static boolean scatters(LinearOp.ConvDataGrad c, Node n) {
    Type t = n.result().type();
    return t.dtype().isFloat()
        && Reg.widened(t.dtype()) == t.dtype()
        && ScatterSchedule.suits(c.g(), t.dim(3));
  }

  private static int[] forwardHalo(Geometry g, int h, int w) {
    int bottom =
        (g.outH(h) - 1) * g.strideH() - g.top() + (g.kernelH() - 1) * g.dilationH() - (h - 1);
    int right =
        (g.outW(w) - 1) * g.strideW() - g.left() + (g.kernelW() - 1) * g.dilationW() - (w - 1);
    return new int[] {g.top(), Math.max(0, bottom), g.left(), Math.max(0, right)};
  }

  /// What backward makes for the update is a gradient. What it computes again, or copies, of the
  /// forward part is workspace; so are forward values, unless [Residuals] finds that backward reads
  /// them. Everything else that backward makes is a cotangent.
  private Tag tag(Value v) {
    Node n = fusion.maker(v);
    boolean made =
        phase == Phase.BACKWARD
            && n != null
            && n.origin().phase() == Phase.BACKWARD
            && n.origin().epoch() == 0;
    if (!made) {
      return Tag.WORKSPACE;
    }
    return gradients.contains(v) ? Tag.GRADIENT : Tag.COTANGENT;
  }

  /// A new buffer of a value, with its border if it has one.
  private View allocate(Value v) {
    int[] h = halos.get(v);
    List<Integer> dims = v.type().dims();
    if (h == null) {
      Buf b =
          new Buf(Buf.Home.ARENA, v.toString(), v.type().dtype(), v.type().size(), tag(v), null);
      return View.dense(b, dims);
    }
    return bordered(v.toString(), v.type().dtype(), dims, h, tag(v));
  }

  private View bordered(String name, DType d, List<Integer> dims, int[] h, Tag tag) {
    int n = dims.get(0);
    int hp = dims.get(1) + h[0] + h[1];
    int wp = dims.get(2) + h[2] + h[3];
    int c = dims.get(3);
    Buf b = new Buf(Buf.Home.ARENA, name, d, (long) n * hp * wp * c, tag, null);
    b.border = new Buf.Border(n, hp, wp, c, h[0], h[1], h[2], h[3]);
    clearBorder(b, n, hp, wp, c, h);
    long row = (long) wp * c;
    return new View(
        b, h[0] * row + (long) h[2] * c, dims, List.of(hp * row, row, (long) c, 1L), 1, 0);
  }

  private void clearBorder(Buf b, int n, int hp, int wp, int c, int[] h) {
    int lanes = machine.lanes(b.dtype.bytes());
    Writer w = new Writer(lanes);
    int p = w.param(b.dtype);
    Reg zero = w.constant(Reg.widened(b.dtype), 0);
    Affine image = Affine.var(0).times((long) hp * wp * c);
    int first = (h[0] * wp + h[2]) * c;
    int between = (h[2] + h[3]) * c;
    int last = (h[1] * wp + h[3]) * c;
    int rows = hp - h[0] - h[1];
    int inner = (wp - h[2] - h[3]) * c;
    clear(w, p, image, first, zero);
    Affine end = image.plus(first + inner);
    if (between > 0 && rows > 1) {
      w.loop(
          rows - 1, y -> clear(w, p, end.plus(Affine.var(y).times((long) wp * c)), between, zero));
    }
    clear(w, p, end.plus((long) (rows - 1) * wp * c), last, zero);
    launch("border", w.finish(n), List.of(b), 0);
  }

  private static void clear(Writer w, int p, Affine start, int n, Reg zero) {
    int lanes = w.lanes();
    int whole = n / lanes;
    if (whole > 4) {
      w.loop(whole, v -> w.store(p, start.plus(Affine.var(v).times(lanes)), zero, 1, lanes, null));
    } else {
      for (int i = 0; i < whole; i++) {
        w.store(p, start.plus((long) i * lanes), zero, 1, lanes, null);
      }
    }
    if (n % lanes > 0) {
      w.store(p, start.plus((long) whole * lanes), zero, 1, n % lanes, null);
    }
  }

  private void launch(String name, Kernel k, List<Buf> bufs, long macs) {
    launch(name, k, bufs, macs, null);
  }

  /// @param rows where rows from a count on are not needed, of a kernel whose outermost loop runs
  ///   over all rows in equal parts
  private void launch(String name, Kernel k, List<Buf> bufs, long macs, Step.@Nullable Rows rows) {
    if (k.extent() > 0 && !k.body().isEmpty()) {
      long work = work(k.body()) * k.extent();
      steps.add(new Step.Launch(name, phase, k, bufs, macs, work, rows, false));
    }
  }

  /// The rows that a group need be computed for, or null where all are.
  private Step.@Nullable Rows rows(@Nullable Group g) {
    if (g == null || g.domain.isEmpty() || g.domain.get(0) < 2) {
      return null;
    }
    View count = counted(List.copyOf(g.stored), Counts.Tail.UNREAD);
    boolean within = g.reduced == null || !g.reduced.contains(0);
    return count == null || !within ? null : new Step.Rows(count, g.domain.get(0));
  }

  /// Where the one count lies from which on this is known of the rows of all these values, or null.
  private @Nullable View counted(List<Value> values, Counts.Tail tail) {
    Set<Value> named = fusion.counts().of(values);
    if (named.size() != 1 || values.stream().anyMatch(v -> fusion.counts().of(v, tail) == null)) {
      return null;
    }
    View count = views.find(named.iterator().next());
    return count == null || count.partials() > 1 ? null : count;
  }

  /// Statements that one iteration runs, for deciding whether threads pay.
  private static long work(List<Stmt> body) {
    long n = 0;
    for (Stmt s : body) {
      n += s instanceof Stmt.For f ? f.extent() * work(f.body()) : 1;
    }
    return n;
  }

  /// A view of a value for a reader that needs it in memory: with this border, or dense, or any.
  private View need(Value v, int @Nullable [] halo, boolean dense) {
    View known = views.find(v);
    int[] has = halos.getOrDefault(v, new int[4]);
    boolean border = halo == null || !any(halo) || java.util.Arrays.equals(larger(has, halo), has);
    if (known != null && known.partials() == 1 && border && (!dense || known.isDense())) {
      return known;
    }
    String key = v + java.util.Arrays.toString(halo) + dense;
    View copy = copies.get(key);
    if (copy == null) {
      List<Integer> dims = v.type().dims();
      copy =
          halo != null && any(halo)
              ? bordered(v + "'", v.type().dtype(), dims, halo, tag(v))
              : View.dense(
                  new Buf(Buf.Home.ARENA, v + "'", v.type().dtype(), v.type().size(), tag(v), null),
                  dims);
      copy("copy", v, copy);
      copies.put(key, copy);
    }
    return copy;
  }

  /// Writes a value into a view.
  private void copy(String name, Value v, View to) {
    loops(name, null, v.type().dims(), List.of(), List.of(v), Map.of(v, to));
  }

  // Groups.

  private void lower(Group g) {
    switch (g.kind) {
      case LOOP -> lowerLoop(g);
      case CONTRACTION -> lowerContraction(g);
      case MOVE -> lowerMove(g);
      case HOST -> lowerHost(g);
    }
  }

  private Map<Value, View> places(Group g) {
    Map<Value, View> out = new LinkedHashMap<>();
    for (Value v : g.stored) {
      out.put(v, allocate(v));
    }
    return out;
  }

  private void lowerLoop(Group g) {
    Map<Value, View> to = places(g);
    List<Node> reduces = g.nodes.stream().filter(Fusion::reduces).toList();
    List<Value> stores =
        g.stored.stream()
            .filter(v -> !Fusion.reduces(java.util.Objects.requireNonNull(fusion.maker(v))))
            .toList();
    loops(g.name(), g, g.domain, reduces, stores, to);
    to.forEach(views::put);
  }

  /// Bytes of the widest register that computing these needs, where one may be given.
  private int widest(@Nullable Group g, List<Value> values, Views through, @Nullable Value given) {
    Evaluator e = new Evaluator(fusion, through, g, new Writer(1));
    if (given != null) {
      e.give(given, e.writer().fresh(Reg.widened(given.type().dtype())));
    }
    e.begin(1);
    int bytes = 4;
    for (Value v : values) {
      List<Ix> at = v.type().dims().stream().map(d -> Ix.ZERO).toList();
      e.eval(v, at);
      bytes = Math.max(bytes, v.type().dtype().bytes());
    }
    for (Stmt s : e.writer().finish(1).body()) {
      if (s instanceof Stmt.Let l) {
        bytes = Math.max(bytes, l.to().dtype().bytes());
      }
    }
    for (Buf b : e.buffers()) {
      bytes = Math.max(bytes, b.dtype.bytes());
    }
    return bytes;
  }

  private void loops(
      String name,
      @Nullable Group g,
      List<Integer> domain,
      List<Node> reduces,
      List<Value> stores,
      Map<Value, View> to) {
    if (Fusion.size(domain) == 0) {
      for (Node r : reduces) {
        ReduceOp.Kind kind = ((ReduceOp.Reduce) r.op()).kind();
        DType d = r.result().type().dtype();
        fill(
            java.util.Objects.requireNonNull(to.get(r.result())),
            kind == ReduceOp.Kind.ARGMAX ? 0 : ReduceOp.Reduce.identityBits(kind, d));
      }
      return;
    }
    List<Value> all = new ArrayList<>(stores);
    reduces.forEach(r -> all.add(r.operand(0)));
    int widest = widest(g, all, views, null);
    Map<Node, View> partials = new LinkedHashMap<>();
    LoopSchedule.KernelMaker maker = maker(name, widest, partials, rows(g));
    new LoopSchedule(
            g == null ? Group.copy(domain) : g,
            domain,
            reduces,
            stores,
            to,
            lanes -> new Evaluator(fusion, views, g, new Writer(lanes)),
            maker)
        .write();
    for (Map.Entry<Node, View> p : partials.entrySet()) {
      combine(
          p.getKey().result(),
          p.getValue(),
          java.util.Objects.requireNonNull(to.get(p.getKey().result())));
    }
  }

  /// @param partials receives the partial sums that a schedule asks for
  private LoopSchedule.KernelMaker maker(
      String name, int widest, Map<Node, View> partials, Step.@Nullable Rows rows) {
    return new LoopSchedule.KernelMaker() {
      @Override
      public int lanes() {
        return machine.lanes(widest);
      }

      @Override
      public int widest() {
        return widest;
      }

      @Override
      public View partials(Value result, int pieces) {
        long n = result.type().size();
        Buf b =
            new Buf(
                Buf.Home.ARENA,
                result + " parts",
                result.type().dtype(),
                n * pieces,
                Tag.WORKSPACE,
                null);
        View v =
            new View(
                b, 0, result.type().dims(), View.denseStrides(result.type().dims()), pieces, n);
        partials.put(java.util.Objects.requireNonNull(fusion.maker(result)), v);
        return v;
      }

      @Override
      public void done(Kernel kernel, Evaluator e) {
        // Where sums are cut, the outermost loop runs over pieces of them.
        launch(name, kernel, e.buffers(), 0, partials.isEmpty() ? rows : null);
      }
    };
  }

  /// Adds up partial results.
  private void combine(Value v, View parts, View to) {
    Views own = new Views(fusion);
    own.put(v, parts);
    elementwise("combine", v.type().dims(), List.of(v), Map.of(v, to), own, null);
  }

  /// Elementwise kernels whose values are found through other views.
  private void elementwise(
      String name,
      List<Integer> domain,
      List<Value> stores,
      Map<Value, View> to,
      Views through,
      @Nullable Group g) {
    int widest = widest(g, stores, through, null);
    LoopSchedule.KernelMaker maker = maker(name, widest, new LinkedHashMap<>(), rows(g));
    new LoopSchedule(
            g == null ? Group.copy(domain) : g,
            domain,
            List.of(),
            stores,
            to,
            lanes -> new Evaluator(fusion, through, g, new Writer(lanes)),
            maker)
        .write();
  }

  private void fill(View to, long bits) {
    if (!to.isDense()) {
      throw new AssertionError("only dense buffers are filled");
    }
    DType d = to.buf().dtype;
    int lanes = machine.lanes(d.bytes());
    Writer w = new Writer(lanes);
    int p = w.param(d);
    DType r = Reg.widened(d);
    Reg v =
        w.constant(
            r,
            r == d
                ? bits
                : dev.retrograde.scalar.ScalarCode.bitsOf(
                    r, dev.retrograde.scalar.ScalarCode.toDouble(d, bits)));
    long n = Fusion.size(to.dims());
    if (n == 0) {
      return;
    }
    int pieces = LoopSchedule.pieces(n, 1);
    int each = Math.toIntExact(n / pieces);
    Affine start =
        Affine.of(to.offset()).plus(pieces == 1 ? Affine.of(0) : Affine.var(0).times(each));
    clear(w, p, start, each, v);
    launch("fill", w.finish(pieces), List.of(to.buf()), 0);
  }

  // Products.

  private void lowerContraction(Group g) {
    Node n = java.util.Objects.requireNonNull(g.root);
    Map<Value, View> to = places(g);
    if (n.op() instanceof LinearOp.ConvDataGrad c
        && scatters(c, n)
        && n.result().type().size() > 0
        && n.operand(0).type().size() > 0) {
      scatterGradient(g, n, c.g(), to);
      to.forEach(views::put);
      return;
    }
    int[] h = halo(n, 0);
    View a = need(n.operand(0), h, false);
    View b = need(n.operand(1), null, false);
    List<Nest> nests = Nest.of(n, a, b);
    DType d = Product.of(n).sum();
    int lanes = machine.lanes(d.bytes());
    boolean filter = n.op() instanceof LinearOp.ConvFilterGrad;
    List<Value> stored = List.copyOf(g.stored);
    for (Nest nest : nests) {
      if (Fusion.size(nest.outputs().stream().map(Nest.Dim::extent).toList()) == 0) {
        continue;
      }
      Nest merged = filter ? mergeOutputs(nest) : nest;
      Nest.Dim lane = ContractionSchedule.laneDim(merged);
      Nest.Dim across = filter ? outputChannels(merged, lane, lanes) : null;
      if (across != null) {
        lane = across;
      } else if (lane != null && lane.a() != 0 && lane.b() == 0) {
        merged = merged.swapped();
        lane = lane.swapped();
      }
      ContractionSchedule.Cut cut =
          filter && !merged.empty()
              ? ContractionSchedule.filterCut(merged, d.bytes())
              : ContractionSchedule.Cut.NONE;
      if (filter && cut.rowsPerBlock() > 0) {
        cutContraction(g, n, merged, lane, cut, to, d, lanes, across != null);
      } else {
        wholeContraction(
            g,
            n,
            nest == merged || !filter ? merged : nest,
            to,
            d,
            machine.lanes(Math.max(d.bytes(), widest(g, stored, views, n.result()))),
            !(n.op() instanceof LinearOp.Contract || n.op() instanceof BitOp));
      }
    }
    to.forEach(views::put);
  }

  /// A data gradient that scatters: into images with their padding, then one elementwise kernel.
  private void scatterGradient(Group g, Node n, Geometry geometry, Map<Value, View> to) {
    List<Integer> dims = n.result().type().dims();
    DType d = n.result().type().dtype();
    int h =
        Math.max(
            dims.get(1) + geometry.top() + geometry.bottom(),
            (n.operand(0).type().dim(1) - 1) * geometry.strideH()
                + (geometry.kernelH() - 1) * geometry.dilationH()
                + 1);
    int w =
        Math.max(
            dims.get(2) + geometry.left() + geometry.right(),
            (n.operand(0).type().dim(2) - 1) * geometry.strideW() + geometry.kernelW());
    View dy = need(n.operand(0), null, false);
    View filters = need(n.operand(1), null, true);
    View target = to.get(n.result());
    boolean direct =
        g.stored.size() == 1
            && target != null
            && target.isDense()
            && h == dims.get(1)
            && w == dims.get(2);
    View whole =
        direct
            ? java.util.Objects.requireNonNull(target)
            : View.dense(
                new Buf(
                    Buf.Home.ARENA,
                    n.result() + " padded",
                    d,
                    (long) dims.get(0) * h * w * dims.get(3),
                    Tag.WORKSPACE,
                    null),
                List.of(dims.get(0), h, w, dims.get(3)));
    Evaluator e = new Evaluator(fusion, views, null, new Writer(machine.lanes(d.bytes())));
    ScatterSchedule s =
        new ScatterSchedule(
            geometry, dy, filters, whole, d, machine.lanes(d.bytes()), machine.registers());
    long macs =
        n.op()
            .macs(
                n.operands().stream().map(Value::type).toList(),
                n.results().stream().map(Value::type).toList());
    launch(g.name(), s.write(e), e.buffers(), macs, rows(g));
    if (!direct) {
      long offset =
          geometry.top() * whole.strides().get(1) + geometry.left() * whole.strides().get(2);
      Views through = new Views(fusion, views);
      through.put(n.result(), new View(whole.buf(), offset, dims, whole.strides(), 1, 0));
      elementwise(g.name() + " rest", dims, List.copyOf(g.stored), to, through, g);
    }
  }

  /// The dim of output channels, where lanes along it waste clearly less than along taps and input
  /// channels: with few of those, as in a first layer.
  private static Nest.@Nullable Dim outputChannels(Nest n, Nest.@Nullable Dim taps, int lanes) {
    if (taps == null || lanes == 1) {
      return null;
    }
    for (Nest.Dim d : n.outputs()) {
      if (d.axis() == 0 && d.step() == 1 && d.b() == 1 && d.a() == 0) {
        return use(d.extent(), lanes) > use(taps.extent(), lanes) + 0.05 ? d : null;
      }
    }
    return null;
  }

  /// Part of the lanes that an extent fills.
  private static double use(int extent, int lanes) {
    return extent / (double) ((extent + lanes - 1) / lanes * lanes);
  }

  /// Merges neighbouring output dims that both operands and a dense output walk as one.
  private static Nest mergeOutputs(Nest n) {
    List<Nest.Dim> out = new ArrayList<>();
    List<Nest.Dim> outs = n.outputs();
    for (Nest.Dim d : outs) {
      Nest.Dim last = out.isEmpty() ? null : out.get(out.size() - 1);
      // Only taps and channels: the last axis times the one before.
      if (last != null
          && d.axis() == 3
          && last.axis() == 2
          && d.step() == 1
          && last.a() == d.a() * d.extent()
          && last.b() == d.b() * d.extent()) {
        out.set(out.size() - 1, new Nest.Dim(last.extent() * d.extent(), d.a(), d.b(), 3, 1));
      } else {
        out.add(d);
      }
    }
    out.addAll(n.reduced());
    return new Nest(n.a(), n.aOffset(), n.b(), n.bOffset(), out, n.start());
  }

  private void wholeContraction(
      Group g, Node n, Nest nest, Map<Value, View> to, DType d, int lanes, boolean pack) {
    List<Value> stored = List.copyOf(g.stored);
    Product product = Product.of(n);
    ContractionSchedule.Finish finish =
        (e, index, value, active) -> {
          e.give(n.result(), product.rounded(e.writer(), value));
          List<Reg> regs = new ArrayList<>();
          for (Value v : stored) {
            regs.add(e.eval(v, index));
          }
          for (int i = 0; i < stored.size(); i++) {
            e.store(
                java.util.Objects.requireNonNull(to.get(stored.get(i))),
                index,
                regs.get(i),
                active);
          }
        };
    long macs = nest.macs();
    Step.Rows rows = rows(g);
    Nest.Led led = rows == null ? null : nest.led(rows.capacity());
    Nest use = led == null ? nest : led.nest();
    Nest.Dim lane = ContractionSchedule.laneDim(use);
    Nest.Dim lead = led == null || led.lead().equals(lane) ? null : led.lead();
    if (lane != null && lane.a() != 0 && lane.b() == 0) {
      use = use.swapped();
      lane = lane.swapped();
    }
    Nest.Dim dot = ContractionSchedule.dotDim(use);
    boolean plain =
        lane == null || lane.b() == 1 || lane.b() == 0 || (lane.a() != 0 && lane.b() != 0);
    Nest.Dim l = lane;
    long reuse = 1;
    for (Nest.Dim o : use.outputs()) {
      reuse *= o.b() == 0 ? o.extent() : 1;
    }
    if (lane != null && !plain && (pack || dot == null || reuse >= 128)) {
      use = packed(use, lane, d);
      for (Nest.Dim o : use.outputs()) {
        if (l != null && o.axis() == l.axis() && o.step() == l.step()) {
          lane = o;
        }
      }
      plain = true;
    }
    Nest chosen = use;
    int from = steps.size();
    if (plain && !(lane == null && dot != null)) {
      new ContractionSchedule(
              chosen,
              lead,
              product,
              machine,
              lanes,
              w -> new Evaluator(fusion, views, g, new Writer(w)),
              finish,
              sink(g.name(), 0, d, lead == null ? null : rows))
          .lanes(lane);
    } else {
      // A dim that one operand alone walks may be one of its tiles.
      boolean whole = lead == null || (lead.step() == 1 && (lead.a() == 0) != (lead.b() == 0));
      new DotSchedule(
              chosen,
              product,
              lanes,
              machine.registers(),
              w -> new Evaluator(fusion, views, g, new Writer(w)),
              finish,
              sink(g.name(), 0, d, whole ? null : rows))
          .write(java.util.Objects.requireNonNull(dot));
    }
    share(from, macs);
  }

  private ContractionSchedule.Sink sink(
      String name, long macs, DType packed, Step.@Nullable Rows rows) {
    return new ContractionSchedule.Sink() {
      @Override
      public void kernel(Kernel k, Evaluator e) {
        launch(name, k, e.buffers(), macs, rows);
      }

      @Override
      public Buf pack(View from, @Nullable Buf into, long offset, long elements) {
        Buf b =
            into == null
                ? new Buf(
                    Buf.Home.ARENA,
                    from.buf().name + " packed",
                    packed,
                    elements,
                    Tag.WORKSPACE,
                    null)
                : into;
        View to = new View(b, offset, from.dims(), View.denseStrides(from.dims()), 1, 0);
        copyView("pack", from, to);
        return b;
      }
    };
  }

  /// Books multiply-adds on the last step written since `from`.
  private void share(int from, long macs) {
    if (steps.size() > from && steps.get(steps.size() - 1) instanceof Step.Launch x) {
      steps.set(steps.size() - 1, x.withMacs(macs));
    }
  }

  /// A copy of the right operand in which lanes are contiguous.
  private Nest packed(Nest nest, Nest.Dim lane, DType d) {
    List<Nest.Dim> seen =
        new ArrayList<>(nest.dims().stream().filter(x -> x.b() != 0 && !x.equals(lane)).toList());
    seen.add(lane);
    List<Integer> dims = seen.stream().map(Nest.Dim::extent).toList();
    Buf b =
        new Buf(
            Buf.Home.ARENA,
            nest.b().buf().name + " packed",
            d,
            Fusion.size(dims),
            Tag.WORKSPACE,
            null);
    View to = View.dense(b, dims);
    View from =
        new View(
            nest.b().buf(), nest.bOffset(), dims, seen.stream().map(Nest.Dim::b).toList(), 1, 0);
    copyView("pack", from, to);
    List<Nest.Dim> renamed = new ArrayList<>();
    for (Nest.Dim x : nest.dims()) {
      int at = seen.indexOf(x);
      renamed.add(
          at < 0 ? x : new Nest.Dim(x.extent(), x.a(), to.strides().get(at), x.axis(), x.step()));
    }
    return new Nest(nest.a(), nest.aOffset(), to, 0, renamed, nest.start());
  }

  private void copyView(String name, View from, View to) {
    int lanes = machine.lanes(Math.max(from.buf().dtype.bytes(), to.buf().dtype.bytes()));
    Evaluator e = new Evaluator(fusion, views, null, new Writer(lanes));
    Writer w = e.writer();
    int rank = to.dims().size();
    List<Ix> at = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      at.add(Ix.ZERO);
    }
    int last = to.dims().get(rank - 1);
    int extent = rank > 1 ? to.dims().get(0) : 1;
    if (rank > 1) {
      at.set(0, Ix.of(Affine.var(0)));
    }
    copyLoops(e, from, to, at, 1, last);
    launch(name, w.finish(extent), e.buffers(), 0);
  }

  private static void copyLoops(Evaluator e, View from, View to, List<Ix> at, int axis, int last) {
    Writer w = e.writer();
    int rank = to.dims().size();
    if (axis < rank - 1) {
      w.loop(
          to.dims().get(axis),
          var -> {
            at.set(axis, Ix.of(Affine.var(var)));
            copyLoops(e, from, to, at, axis + 1, last);
          });
      return;
    }
    int lanes = w.lanes();
    int whole = last / lanes;
    java.util.function.BiConsumer<Affine, Integer> one =
        (start, n) -> {
          at.set(rank - 1, new Ix(start, 1));
          e.begin(n);
          Reg x = w.cast(Reg.widened(to.buf().dtype), e.load(from, at, null));
          e.store(to, at, x, n);
        };
    if (whole > 2) {
      w.loop(whole, var -> one.accept(Affine.var(var).times(lanes), lanes));
    } else {
      for (int i = 0; i < whole; i++) {
        one.accept(Affine.of((long) i * lanes), lanes);
      }
    }
    if (last % lanes > 0) {
      one.accept(Affine.of((long) whole * lanes), last % lanes);
    }
  }

  /// A filter gradient: pieces into partial sums, then one elementwise kernel that adds them and
  /// finishes.
  private void cutContraction(
      Group g,
      Node n,
      Nest nest,
      Nest.@Nullable Dim lane,
      ContractionSchedule.Cut cut,
      Map<Value, View> to,
      DType d,
      int lanes,
      boolean channelsLast) {
    List<Integer> dims = n.result().type().dims();
    long size = n.result().type().size();
    Buf parts =
        new Buf(Buf.Home.ARENA, n.result() + " parts", d, size * cut.pieces(), Tag.WORKSPACE, null);
    List<Long> strides = View.denseStrides(dims);
    if (channelsLast) {
      long co = dims.get(0);
      strides = List.of(1L, strides.get(1) * co, strides.get(2) * co, strides.get(3) * co);
    }
    View partial = new View(parts, 0, dims, strides, cut.pieces(), size);
    ContractionSchedule s =
        new ContractionSchedule(
            nest,
            null,
            Product.of(n),
            machine,
            lanes,
            w -> new Evaluator(fusion, views, g, new Writer(w)),
            (e, index, value, active) -> {},
            sink(g.name(), nest.macs(), d, null));
    s.cut(lane, cut, partial);
    Views through = new Views(fusion, views);
    through.put(n.result(), partial);
    summing = steps.size();
    elementwise(g.name() + " sum", dims, List.copyOf(g.stored), to, through, g);
  }

  // Moves.

  private void lowerMove(Group g) {
    Node n = java.util.Objects.requireNonNull(g.root);
    Map<Value, View> to = places(g);
    View y = java.util.Objects.requireNonNull(to.get(n.result()));
    switch (n.op()) {
      case MoveOp.Pad p -> {
        fill(y, p.bits());
        long offset = y.offset();
        List<Long> strides = new ArrayList<>();
        for (int i = 0; i < y.dims().size(); i++) {
          offset += p.low().get(i) * y.strides().get(i);
          strides.add(y.strides().get(i) * (p.interior().get(i) + 1));
        }
        List<Integer> dims = n.operand(0).type().dims();
        copy("pad", n.operand(0), new View(y.buf(), offset, dims, strides, 1, 0));
      }
      case MoveOp.Concat c -> {
        long at = 0;
        for (Value v : n.operands()) {
          View part =
              new View(
                  y.buf(),
                  y.offset() + at * y.strides().get(c.axis()),
                  v.type().dims(),
                  y.strides(),
                  1,
                  0);
          copy("concat", v, part);
          at += v.type().dim(c.axis());
        }
      }
      case ReduceOp.CumulativeSum c -> running(n, c, y);
      case WindowOp.WindowUnpick u -> scatter(g, n, u.g(), y, true);
      case WindowOp.WindowSpread u -> scatter(g, n, u.g(), y, false);
      default -> throw new AssertionError(n + " is no move");
    }
    to.forEach(views::put);
  }

  private void running(Node n, ReduceOp.CumulativeSum op, View y) {
    View x = need(n.operand(0), null, false);
    RunningSchedule s = new RunningSchedule(op, x, y);
    int lanes = s.lanes(machine.lanes(RunningSchedule.sum(y.buf().dtype).bytes()));
    s.write(
        new RunningSchedule.Sink() {
          @Override
          public Evaluator evaluator() {
            return new Evaluator(fusion, views, null, new Writer(lanes));
          }

          @Override
          public void kernel(Evaluator e, int extent) {
            launch(op.name(), e.writer().finish(extent), e.buffers(), 0);
          }
        });
  }

  /// Adds each window's cotangent to its elements, window by window.
  private void scatter(Group group, Node n, Geometry g, View x, boolean picked) {
    List<Integer> out = n.operand(0).type().dims();
    if (Fusion.size(x.dims()) == 0) {
      return;
    }
    int h = x.dims().get(1);
    int wd = x.dims().get(2);
    boolean tiling =
        g.strideH() == g.kernelH()
            && g.strideW() == g.kernelW()
            && g.dilationH() == 1
            && g.dilationW() == 1
            && g.top() + g.bottom() + g.left() + g.right() == 0
            && out.get(1) * g.kernelH() == h
            && out.get(2) * g.kernelW() == wd;
    if (!tiling) {
      fill(x, 0);
    }
    if (Fusion.size(out) == 0) {
      return;
    }
    DType d = n.operand(0).type().dtype();
    View dy = need(n.operand(0), null, false);
    View which = picked ? need(n.operand(1), null, false) : null;
    Evaluator e = new Evaluator(fusion, views, null, new Writer(machine.lanes(d.bytes())));
    Writer w = e.writer();
    int lanes = w.lanes();
    int c = out.get(3);
    w.loop(
        out.get(1),
        oy ->
            w.loop(
                out.get(2),
                ox -> {
                  for (int i = 0; i < c; i += lanes) {
                    int active = Math.min(lanes, c - i);
                    e.begin(active);
                    Ix lane = new Ix(Affine.of(i), 1);
                    List<Ix> at =
                        List.of(
                            Ix.of(Affine.var(0)),
                            Ix.of(Affine.var(oy)),
                            Ix.of(Affine.var(ox)),
                            lane);
                    Reg v = e.load(dy, at, null);
                    Reg k = which == null ? null : e.load(which, at, null);
                    for (int ky = 0; ky < g.kernelH(); ky++) {
                      for (int kx = 0; kx < g.kernelW(); kx++) {
                        long sy = (long) ky * g.dilationH() - g.top();
                        long sx = (long) kx * g.dilationW() - g.left();
                        Ix iy = at.get(1).times(g.strideH()).plus(sy);
                        Ix ix = at.get(2).times(g.strideW()).plus(sx);
                        Reg in =
                            e.inside(
                                ix,
                                wd,
                                sx,
                                (out.get(2) - 1L) * g.strideW() + sx,
                                e.inside(iy, h, sy, (out.get(1) - 1L) * g.strideH() + sy, null));
                        Reg add = v;
                        if (k != null) {
                          Reg hit =
                              w.apply(
                                  dev.retrograde.scalar.ScalarFn.Primitive.EQ,
                                  k,
                                  w.constant(DType.I32, (long) ky * g.kernelW() + kx));
                          add =
                              w.apply(
                                  dev.retrograde.scalar.ScalarFn.Primitive.SELECT,
                                  hit,
                                  v,
                                  w.constant(v.dtype(), 0));
                        }
                        List<Ix> place = List.of(at.get(0), iy, ix, lane);
                        if (tiling) {
                          e.store(x, place, add, active);
                        } else {
                          e.accumulate(x, place, add, active, in);
                        }
                      }
                    }
                  }
                }));
    launch(n.op().name(), w.finish(out.get(0)), e.buffers(), 0, rows(group));
  }

  private void lowerHost(Group g) {
    Node n = java.util.Objects.requireNonNull(g.root);
    if (Outline.controls(n)) {
      control.lower(g.name(), g.phase, n);
      return;
    }
    List<View> in = new ArrayList<>();
    n.operands().forEach(v -> in.add(dense(v)));
    List<View> out = new ArrayList<>();
    n.results().forEach(v -> out.add(place(v)));
    Kernel nest = OwnKernels.nest(n, machine);
    if (nest != null) {
      own(g.name(), n, nest, in, out);
      return;
    }
    if (movesRows(n)) {
      steps.add(new Step.Move(g.name(), g.phase, n, in, out.get(0), moved(n)));
      return;
    }
    Routine.Plan routine = Routines.of(n);
    if (routine != null) {
      steps.add(new Step.Work(g.name(), g.phase, routine, in, out, scratch(n, routine.scratch())));
      return;
    }
    steps.add(new Step.Host(g.name(), g.phase, n, in, out));
  }

  /// Where it is said how many rows of its operands a node need move, or null where all are meant.
  private @Nullable View moved(Node n) {
    return switch (n.op()) {
      case MoveOp.ScatterAdd _ -> counted(List.of(n.operand(0)), Counts.Tail.ZERO);
      case RowOp.SetRows _ -> counted(List.of(n.operand(1), n.operand(2)), Counts.Tail.REPEATED);
      default -> null;
    };
  }

  private static @Nullable Buf scratch(Node n, long bytes) {
    return bytes == 0
        ? null
        : new Buf(
            Buf.Home.ARENA, n.results().get(0) + " scratch", DType.U8, bytes, Tag.WORKSPACE, null);
  }

  /// A user's loop nest.
  private void own(String name, Node n, Kernel nest, List<View> in, List<View> out) {
    List<View> places = new ArrayList<>(in);
    places.addAll(out);
    Rebind.Bound b = Rebind.to(nest, places);
    if (nest.extent() > 0 && !nest.body().isEmpty()) {
      List<Type> from = n.operands().stream().map(Value::type).toList();
      List<Type> to = n.results().stream().map(Value::type).toList();
      long macs = n.op().macs(from, to);
      long work = work(nest.body()) * nest.extent();
      steps.add(new Step.Launch(name, phase, b.kernel(), b.buffers(), macs, work, null, true));
    }
  }

  /// Whether a node copies to or from places known at run time.
  private static boolean movesRows(Node n) {
    return switch (n.op()) {
      case MoveOp.ScatterAdd _, MoveOp.Slice _, MoveOp.Unslice _, RowOp.SetRows _ -> true;
      default -> false;
    };
  }

  // What control ops need.

  /// A value in memory, row-major without gaps.
  View dense(Value v) {
    return need(v, null, true);
  }

  /// A new place of a value.
  View place(Value v) {
    View y = allocate(v);
    views.put(v, y);
    return y;
  }

  /// Writes a value into a place.
  void write(String name, Value v, View to) {
    copy(name, v, to);
  }

  /// A constant number in memory.
  View number(int n) {
    HostTensor t = HostTensor.scalar(DType.I32, n);
    return View.dense(
        new Buf(Buf.Home.CONSTANT, String.valueOf(n), DType.I32, 1, Tag.WORKSPACE, t), List.of());
  }

  void add(Step s) {
    steps.add(s);
  }

  // Ends.

  private void finishOutputs() {
    Map<Buf, Integer> uses = new HashMap<>();
    for (Value v : program.results()) {
      View from = source(v);
      if (from != null) {
        uses.merge(from.buf(), 1, Integer::sum);
      }
    }
    List<List<Step>> copies = new ArrayList<>();
    for (Program.Named o : program.outputs()) {
      Value v = o.value();
      Buf b =
          new Buf(
              Buf.Home.OUTPUT, o.name(), v.type().dtype(), v.type().size(), Tag.WORKSPACE, null);
      outputs.put(o.name(), b);
      View made = views.find(v);
      boolean alone = made != null && uses.getOrDefault(made.buf(), 0) == 1;
      if (!alone || !InPlace.output(steps, java.util.Objects.requireNonNull(made), b)) {
        int before = steps.size();
        copy("output", v, View.dense(b, v.type().dims()));
        List<Step> own = steps.subList(before, steps.size());
        copies.add(List.copyOf(own));
        own.clear();
      }
    }
    // Who runs this block may want an output in the memory of an input that it is made of, such as
    // a parameter and its sums. What reads the most inputs comes first, while they are as they
    // were.
    copies.sort(Comparator.comparingLong((List<Step> made) -> -inputs(made)));
    copies.forEach(steps::addAll);
  }

  private static long inputs(List<Step> made) {
    return made.stream()
        .flatMap(s -> s.buffers().stream())
        .filter(b -> b.home == Buf.Home.INPUT)
        .count();
  }

  /// Where the elements of a value are, perhaps as a part of it that padding surrounds.
  private @Nullable View source(Value v) {
    View known = views.find(v);
    Node n = fusion.maker(v);
    if (known == null && n != null && (Fusion.viewNode(n) || Fusion.padInline(n))) {
      return source(n.operand(0));
    }
    return known;
  }

  private void finishUpdates() {
    List<Step> rows = rowUpdates();
    for (Program.Update u : program.updates()) {
      Buf s = java.util.Objects.requireNonNull(states.get(u.entry()));
      if (u.rows() != null) {
        continue;
      }
      View v = views.find(u.value());
      if (v == null || !v.isDense()) {
        v = need(u.value(), null, true);
      } else if (v.buf().home == Buf.Home.STATE && v.buf() != s) {
        v = aside(u.value());
      }
      if (v.buf() != s) {
        pending.add(new Update(s, v));
      }
    }
    new InPlace(steps, pending, outermost).run();
    for (Update u : pending) {
      View to = View.dense(u.state, u.value.dims());
      copyView2(u.value, to);
    }
    steps.addAll(rows);
  }

  /// Updates of some rows of their entries, written over the old rows at the very end.
  private List<Step> rowUpdates() {
    List<Step> out = new ArrayList<>();
    for (Program.Update u : program.updates()) {
      Value at = u.rows();
      if (at == null) {
        continue;
      }
      View rows = kept(u.value());
      View numbers = kept(at);
      Buf s = java.util.Objects.requireNonNull(states.get(u.entry()));
      Value old = program.stateValue(u.entry());
      View table = View.dense(s, old.type().dims());
      Node set =
          new Node(
              new RowOp.SetRows(),
              List.of(old, u.value(), at),
              List.of(old),
              List.of(),
              Origin.NONE.with(Phase.UPDATE));
      String name = "rows of " + u.entry();
      out.add(
          new Step.Move(name, Phase.UPDATE, set, List.of(table, rows, numbers), table, moved(set)));
    }
    return out;
  }

  /// A value in memory that no update changes.
  private View kept(Value v) {
    View known = dense(v);
    return known.buf().home == Buf.Home.STATE ? aside(v) : known;
  }

  /// A copy of an entry's old value for another entry: its own may be replaced first.
  private View aside(Value v) {
    Buf b = new Buf(Buf.Home.ARENA, v + "'", v.type().dtype(), v.type().size(), tag(v), null);
    View to = View.dense(b, v.type().dims());
    copy("copy", v, to);
    return to;
  }

  private void copyView2(View from, View to) {
    View flatFrom =
        new View(
            from.buf(),
            from.offset(),
            List.of(Math.toIntExact(Fusion.size(from.dims()))),
            List.of(1L),
            1,
            0);
    View flatTo = new View(to.buf(), to.offset(), flatFrom.dims(), List.of(1L), 1, 0);
    if (flatFrom.dims().get(0) > 0) {
      copyView("commit", flatFrom, flatTo);
    }
  }
}
