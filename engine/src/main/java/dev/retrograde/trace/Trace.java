package dev.retrograde.trace;

import dev.retrograde.ir.Block;
import dev.retrograde.ir.Emit;
import dev.retrograde.ir.Extent;
import dev.retrograde.ir.KernelOp;
import dev.retrograde.ir.LinearOp;
import dev.retrograde.ir.LinearOp.Geometry;
import dev.retrograde.ir.MapOp;
import dev.retrograde.ir.MoveOp;
import dev.retrograde.ir.Op;
import dev.retrograde.ir.Origin;
import dev.retrograde.ir.Program;
import dev.retrograde.ir.RandomOp;
import dev.retrograde.ir.ReduceOp;
import dev.retrograde.ir.StateEntry;
import dev.retrograde.ir.StateEntry.Init;
import dev.retrograde.ir.StateEntry.Role;
import dev.retrograde.ir.Type;
import dev.retrograde.ir.Value;
import dev.retrograde.ir.WindowOp;
import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.scalar.ScalarFn;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Records a program while Java code runs on symbolic tensors.
///
/// Plain Java loops unroll and plain Java branches are taken once, by design. A tensor belongs to
/// the trace that made it. Used by one thread.
public final class Trace {
  private static final StackWalker WALKER = StackWalker.getInstance();

  private final String name;
  private final boolean training;
  private final Emit emit;

  /// Whether somebody else says where nodes come from.
  private final boolean placed;

  private final Map<String, Program.StateParam> state = new LinkedHashMap<>();
  private final Map<String, Program.Named> inputs = new LinkedHashMap<>();
  private final Map<String, Program.Named> outputs = new LinkedHashMap<>();
  private final Map<String, Program.Update> updates = new LinkedHashMap<>();
  private String path = "";
  private Origin.Phase phase = Origin.Phase.FORWARD;
  private int streams;

  private Trace(String name, boolean training, Emit emit, boolean placed) {
    this.name = name;
    this.training = training;
    this.emit = emit;
    this.placed = placed;
  }

  /// Appends to an emitter: for rules and reference forms, which are given one. Nodes get the place
  /// that the emitter says. Such a trace declares nothing.
  public static Trace over(Emit emit) {
    return new Trace("", false, emit, true);
  }

  /// Traces a program in which layers behave as in training if `training`.
  public static Program program(String name, boolean training, Consumer<Trace> body) {
    Trace t = new Trace(name, training, new Emit(), false);
    body.accept(t);
    return t.finish();
  }

  private Program finish() {
    return new Program(
        name,
        List.copyOf(state.values()),
        List.copyOf(inputs.values()),
        emit.nodes(),
        List.copyOf(outputs.values()),
        List.copyOf(updates.values()),
        emit.functions());
  }

  /// Whether layers behave as in training.
  public boolean training() {
    return training;
  }

  /// Where nodes are appended, for derivative rules and custom ops.
  public Emit emit() {
    locate();
    return emit;
  }

  // Names and places.

  /// Runs `body` with `segment` appended to the layer path.
  public <T> T scope(String segment, Supplier<T> body) {
    String before = path;
    path = path.isEmpty() ? segment : path + "/" + segment;
    try {
      return body.get();
    } finally {
      path = before;
    }
  }

  /// The layer path, such as `stage1/block0`.
  public String path() {
    return path;
  }

  /// Marks the nodes that follow as belonging to this part of the step.
  public void phase(Origin.Phase p) {
    phase = p;
  }

  private void locate() {
    if (placed) {
      return;
    }
    emit.origin(new Origin(path, userLine(), phase, 0));
  }

  private static String userLine() {
    Optional<String> line =
        WALKER.walk(frames ->
            frames
                .filter(f -> !inside(f.getClassName()))
                .findFirst()
                .map(f -> f.getFileName() + ":" + f.getLineNumber()));
    return line.orElse("");
  }

  private static boolean inside(String type) {
    return type.startsWith("dev.retrograde.trace.")
        || type.startsWith("dev.retrograde.ir.")
        || type.startsWith("dev.retrograde.autodiff.")
        || type.startsWith("dev.retrograde.nn.")
        || type.startsWith("dev.retrograde.train.")
        || type.startsWith("java.");
  }

  /// A name within the current path, dotted: `stage1.block0.weight`.
  public String dotted(String last) {
    return path.isEmpty() ? last : path.replace('/', '.') + "." + last;
  }

  // Declarations.

  public Tensor input(String input, Type type) {
    if (inputs.containsKey(input)) {
      throw new IllegalArgumentException("input '" + input + "' is declared twice");
    }
    Value v = emit.parameter(type);
    inputs.put(input, new Program.Named(input, v));
    return new Tensor(v);
  }

  /// The random key of the step: i32 `[seed, step]`, an input named `key` that exists once asked
  /// for.
  public Tensor key() {
    Program.Named k = inputs.get("key");
    return k == null ? input("key", Type.of(DType.I32, 2)) : new Tensor(k.value());
  }

  public void output(String output, Tensor t) {
    outputs.put(output, new Program.Named(output, t.value()));
  }

  /// A trainable parameter named `last` within the current path. Asking again gives the same one.
  public Tensor parameter(String last, DType dtype, Init init, int... dims) {
    return state(dotted(last), Role.PARAMETER, Type.of(dtype, dims), init);
  }

  /// A state entry by its full dotted name; made at first, the same one afterwards.
  public Tensor state(String full, Role role, Type type, Init init) {
    Program.StateParam s = state.get(full);
    if (s == null) {
      s = new Program.StateParam(new StateEntry(full, type, role, init), emit.parameter(type));
      state.put(full, s);
    } else if (!s.entry().type().equals(type) || s.entry().role() != role) {
      throw new IllegalArgumentException(
          "state '"
              + full
              + "' is "
              + s.entry().role()
              + " "
              + s.entry().type()
              + " and asked for as "
              + role
              + " "
              + type
              + "; give one of the layers another name");
    }
    return new Tensor(s.value());
  }

  /// State entries declared so far.
  public List<StateEntry> state() {
    return state.values().stream().map(Program.StateParam::entry).toList();
  }

  /// The value of a declared entry.
  public Tensor stateValue(String full) {
    Program.StateParam s = state.get(full);
    if (s == null) {
      throw new IllegalArgumentException("no state '" + full + "' in " + state.keySet());
    }
    return new Tensor(s.value());
  }

  /// The entry's value after the program: takes effect at the end, all entries together.
  public void assign(String full, Tensor value) {
    assign(full, value, null);
  }

  /// New values of selected rows of an entry.
  public void assign(String full, Tensor value, @Nullable Tensor rows) {
    Tensor old = stateValue(full);
    if (rows == null && !old.type().equals(value.type())) {
      throw new IllegalArgumentException(
          "state '" + full + "' is " + old.type() + ", the new value is " + value.type());
    }
    Program.Update u = new Program.Update(full, value.value(), rows == null ? null : rows.value());
    if (updates.putIfAbsent(full, u) != null) {
      throw new IllegalArgumentException("state '" + full + "' is assigned twice");
    }
  }

  /// Adds a function that calls may name.
  void define(String function, Block body) {
    if (emit.functions().putIfAbsent(function, body) != null) {
      throw new IllegalArgumentException("function '" + function + "' is defined twice");
    }
  }

  /// Nodes so far, for reverse mode.
  public List<dev.retrograde.ir.Node> nodes() {
    return List.copyOf(emit.nodes());
  }

  // Elementwise, with promotion and broadcasting.

  /// Applies a scalar function elementwise to operands broadcast to one shape and promoted to one
  /// type (the condition of a select keeps its own).
  public Tensor apply(ScalarFn fn, Tensor... args) {
    locate();
    int first = fn == Primitive.SELECT ? 1 : 0;
    DType d = args[first].dtype();
    for (int i = first; i < args.length; i++) {
      d = DType.promote(d, args[i].dtype());
    }
    List<Extent> shape = args[0].type().extents();
    for (Tensor a : args) {
      shape = common(fn.text(), shape, a.type().extents());
    }
    Value[] values = new Value[args.length];
    for (int i = 0; i < args.length; i++) {
      Value v = i < first ? args[i].value() : emit.cast(args[i].value(), d);
      values[i] = stretch(v, shape);
    }
    return new Tensor(emit.map(fn, values));
  }

  private List<Extent> common(String what, List<Extent> a, List<Extent> b) {
    int n = Math.max(a.size(), b.size());
    List<Extent> out = new ArrayList<>();
    Extent one = Extent.of(1);
    for (int i = 0; i < n; i++) {
      Extent x = i < n - a.size() ? one : a.get(i - (n - a.size()));
      Extent y = i < n - b.size() ? one : b.get(i - (n - b.size()));
      if (!x.equals(y) && !x.equals(one) && !y.equals(one)) {
        throw new dev.retrograde.ir.ShapeException(
            what
                + " '"
                + emit.origin().path()
                + "' ("
                + emit.origin().line()
                + "): shapes "
                + a
                + " and "
                + b
                + " do not broadcast: axis "
                + (i - n)
                + " is "
                + x
                + " and "
                + y
                + "; equal sizes or 1 are expected there");
      }
      out.add(x.equals(one) ? y : x);
    }
    return out;
  }

  private Value stretch(Value v, List<Extent> shape) {
    List<Extent> own = v.type().extents();
    if (own.equals(shape)) {
      return v;
    }
    int offset = shape.size() - own.size();
    List<Extent> kept = new ArrayList<>();
    List<Integer> axes = new ArrayList<>();
    for (int i = 0; i < own.size(); i++) {
      if (own.get(i).equals(shape.get(offset + i))) {
        kept.add(own.get(i));
        axes.add(offset + i);
      }
    }
    Value r = emit.reshape(v, kept);
    return emit.add(new MoveOp.Broadcast(shape, axes), r);
  }

  /// `a` repeated to this shape, as NumPy broadcasts.
  public Tensor broadcast(Tensor a, List<Extent> shape) {
    locate();
    return new Tensor(stretch(a.value(), common("broadcast", a.type().extents(), shape)));
  }

  public Tensor constant(DType d, double v) {
    locate();
    return new Tensor(emit.scalar(d, v));
  }

  private Tensor like(Tensor a, double v) {
    return constant(a.dtype(), v);
  }

  public Tensor zeros(Type t) {
    locate();
    return new Tensor(emit.zeros(t));
  }

  public Tensor cast(Tensor a, DType to) {
    locate();
    return new Tensor(emit.cast(a.value(), to));
  }

  public Tensor add(Tensor a, Tensor b) {
    return apply(Primitive.ADD, a, b);
  }

  public Tensor add(Tensor a, double b) {
    return add(a, like(a, b));
  }

  public Tensor sub(Tensor a, Tensor b) {
    return apply(Primitive.SUB, a, b);
  }

  public Tensor mul(Tensor a, Tensor b) {
    return apply(Primitive.MUL, a, b);
  }

  public Tensor mul(Tensor a, double b) {
    return mul(a, like(a, b));
  }

  public Tensor div(Tensor a, Tensor b) {
    return apply(Primitive.DIV, a, b);
  }

  public Tensor neg(Tensor a) {
    return apply(Primitive.NEG, a);
  }

  public Tensor abs(Tensor a) {
    return apply(Primitive.ABS, a);
  }

  public Tensor sqrt(Tensor a) {
    return apply(Primitive.SQRT, a);
  }

  public Tensor exp(Tensor a) {
    return apply(Functions.EXP, a);
  }

  public Tensor log(Tensor a) {
    return apply(Functions.LOG, a);
  }

  public Tensor relu(Tensor a) {
    return apply(Functions.RELU, a);
  }

  public Tensor less(Tensor a, Tensor b) {
    return apply(Primitive.LT, a, b);
  }

  public Tensor lessEqual(Tensor a, Tensor b) {
    return apply(Primitive.LE, a, b);
  }

  public Tensor equal(Tensor a, Tensor b) {
    return apply(Primitive.EQ, a, b);
  }

  public Tensor select(Tensor condition, Tensor yes, Tensor no) {
    return apply(Primitive.SELECT, condition, yes, no);
  }

  /// The same numbers, through which no gradient flows.
  public Tensor stopGradient(Tensor a) {
    return op(new MapOp.StopGradient(), a);
  }

  /// `x + f`, one half of a reversible unit: exactly invertible on a grid of 2^-grid, as far as
  /// roundings allow with [MapOp.Couple#PLAIN].
  public Tensor couple(Tensor x, Tensor f, int grid) {
    return op(new MapOp.Couple(grid), x, f);
  }

  /// To the nearest multiple of 2^-grid, with the gradient passed straight through.
  public Tensor snap(Tensor a, int grid) {
    return op(new MapOp.Snap(grid), a);
  }

  // Shapes and reductions.

  /// Appends any op with one result.
  public Tensor op(Op op, Tensor... operands) {
    return ops(op, operands).get(0);
  }

  /// Appends any op.
  public List<Tensor> ops(Op op, Tensor... operands) {
    locate();
    List<Value> in = Arrays.stream(operands).map(Tensor::value).toList();
    return emit.addAll(op, in, List.of()).stream().map(Tensor::new).toList();
  }

  /// Another shape for the same elements; one size may be -1.
  public Tensor reshape(Tensor a, int... dims) {
    locate();
    long known = 1;
    int open = -1;
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] == -1) {
        open = i;
      } else {
        known *= dims[i];
      }
    }
    int[] full = dims.clone();
    if (open >= 0) {
      full[open] = known == 0 ? 0 : Math.toIntExact(a.type().size() / known);
    }
    return new Tensor(emit.reshape(a.value(), full));
  }

  public Tensor transpose(Tensor a, Integer... perm) {
    locate();
    return new Tensor(emit.transpose(a.value(), perm));
  }

  public Tensor slice(Tensor a, List<Integer> starts, List<Integer> sizes) {
    return op(new MoveOp.Slice(starts, sizes, sizes.stream().map(s -> 1).toList()), a);
  }

  public Tensor concat(int axis, Tensor... parts) {
    return op(new MoveOp.Concat(axis), parts);
  }

  private List<Integer> axes(Tensor a, int... axes) {
    if (axes.length == 0) {
      return Emit.allAxes(a.type());
    }
    return Arrays.stream(axes).map(x -> x < 0 ? x + a.rank() : x).sorted().boxed().toList();
  }

  /// Sum over these axes, over all when none is given.
  public Tensor sum(Tensor a, int... axes) {
    locate();
    return new Tensor(emit.sum(a.value(), axes(a, axes)));
  }

  /// Mean over these axes, over all when none is given; along an axis of run-time size over as many
  /// as its count says.
  public Tensor mean(Tensor a, int... axes) {
    locate();
    double n = 1;
    List<Tensor> counts = new ArrayList<>();
    for (int x : axes(a, axes)) {
      switch (a.type().extents().get(x)) {
        case Extent.Static s -> n *= s.n();
        case Extent.Ragged r -> counts.add(cast(new Tensor(r.count()), a.dtype()));
      }
    }
    Tensor sum = sum(a, axes);
    for (Tensor count : counts) {
      sum = div(sum, count);
    }
    return n == 1 && !counts.isEmpty() ? sum : mul(sum, 1 / n);
  }

  public Tensor max(Tensor a, int... axes) {
    locate();
    return new Tensor(emit.max(a.value(), axes(a, axes)));
  }

  /// Index of the first largest element along an axis.
  public Tensor argmax(Tensor a, int axis) {
    return op(new ReduceOp.Reduce(ReduceOp.Kind.ARGMAX, axes(a, axis)), a);
  }

  /// Applies an op of a user's own.
  ///
  /// @throws IllegalArgumentException also where its reference form is not what it must be
  public List<Tensor> kernel(KernelOp.Definition definition, Tensor... operands) {
    List<Value> in = Arrays.stream(operands).map(Tensor::value).toList();
    KernelOp.Kernel op = new KernelOp.Kernel(definition);
    List<Tensor> out = emit().addAll(op, in, List.of()).stream().map(Tensor::new).toList();
    op.reference(in.stream().map(Value::type).toList());
    return out;
  }

  // Products and windows.

  /// `[..., k] [k, n] -> [..., n]`.
  public Tensor matmul(Tensor a, Tensor b) {
    LinearOp.Contract c =
        new LinearOp.Contract(List.of(), List.of(), List.of(a.rank() - 1), List.of(0));
    return op(c, a, b);
  }

  /// `x: [n, h, w, ci]`, `filters: [co, kh, kw, ci / groups]`.
  public Tensor conv2d(Tensor x, Tensor filters, Geometry g) {
    return op(new LinearOp.Conv(g), x, filters);
  }

  public Tensor maxPool(Tensor x, Geometry g) {
    return op(new WindowOp.WindowMax(g), x);
  }

  public Tensor windowSum(Tensor x, Geometry g) {
    return op(new WindowOp.WindowSum(g), x);
  }

  /// Fresh uniform bits (i32) of this shape from the step's key; each call has its own stream.
  public Tensor randomBits(List<Extent> shape) {
    return op(new RandomOp.RandomBits(shape, ++streams), key());
  }

  /// Uniform numbers in [0, 1), multiples of 2^-24.
  public Tensor uniform(List<Extent> shape) {
    Tensor bits = randomBits(shape);
    Tensor top = apply(Primitive.USHR, bits, constant(DType.I32, 8));
    return mul(cast(top, DType.F32), 0x1p-24);
  }
}
