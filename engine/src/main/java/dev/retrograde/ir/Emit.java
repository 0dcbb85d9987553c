package dev.retrograde.ir;

import dev.retrograde.scalar.DType;
import dev.retrograde.scalar.Functions;
import dev.retrograde.scalar.ScalarCode;
import dev.retrograde.scalar.ScalarFn;
import dev.retrograde.scalar.ScalarFn.Primitive;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// Appends nodes. Everything that makes programs goes through here: tracing, derivative rules,
/// passes. Types must match exactly; promotion and implicit broadcasting belong to tracing.
///
/// One instance is used by one thread.
public final class Emit {
  private final List<Node> nodes = new ArrayList<>();
  private final Map<Node, List<Node>> replaced = new IdentityHashMap<>();
  private final Ids ids;
  private final Map<String, Block> functions;
  private Origin origin = Origin.NONE;

  /// Hands out value numbers, shared by the blocks of one program.
  public static final class Ids {
    private int next;

    public Ids(int next) {
      this.next = next;
    }

    public int next() {
      return next++;
    }
  }

  public Emit() {
    this(new Ids(0));
  }

  public Emit(Ids ids) {
    this(ids, new LinkedHashMap<>());
  }

  Emit(Ids ids, Map<String, Block> functions) {
    this.ids = ids;
    this.functions = functions;
  }

  /// An emitter of a nested block: own nodes, shared numbering and functions, same origin.
  public Emit nested() {
    Emit e = new Emit(ids, functions);
    e.origin = origin;
    return e;
  }

  /// Functions that calls may name, by name; those added here become functions of the program.
  public Map<String, Block> functions() {
    return functions;
  }

  /// Puts other nodes in the place of one that was emitted: the last of them makes the values that
  /// it made, and perhaps more.
  public void replace(Node old, List<Node> by) {
    int at = nodes.indexOf(old);
    if (at < 0) {
      throw new AssertionError(old + " is not one of this emitter's nodes");
    }
    nodes.remove(at);
    nodes.addAll(at, by);
    replaced.put(old, List.copyOf(by));
  }

  /// The same nodes as they stand now, with those that were put in the place of others.
  public List<Node> current(List<Node> some) {
    List<Node> out = new ArrayList<>();
    for (Node n : some) {
      List<Node> by = replaced.get(n);
      if (by == null) {
        out.add(n);
      } else {
        out.addAll(current(by));
      }
    }
    return out;
  }

  public Ids ids() {
    return ids;
  }

  public List<Node> nodes() {
    return nodes;
  }

  public Origin origin() {
    return origin;
  }

  /// Sets the origin of the nodes that follow.
  public void origin(Origin o) {
    origin = o;
  }

  /// A value that no node makes: a parameter.
  public Value parameter(Type t) {
    return new Value(ids.next(), t);
  }

  /// Appends a node; returns its results.
  public List<Value> addAll(Op op, List<Value> operands, List<Block> blocks) {
    List<Type> in = operands.stream().map(Value::type).toList();
    List<Type> out;
    try {
      out = op.infer(in, blocks);
    } catch (IllegalArgumentException x) {
      if (x instanceof ShapeException || x instanceof NoGradientException) {
        throw x;
      }
      throw new ShapeException(
          op.name()
              + " '"
              + origin.path()
              + "'"
              + (origin.line().isEmpty() ? "" : " (" + origin.line() + ")")
              + ": "
              + x.getMessage()
              + "\n  operands: "
              + in.stream().map(Object::toString).collect(Collectors.joining(", ")));
    }
    List<Value> results = out.stream().map(this::parameter).toList();
    nodes.add(new Node(op, operands, results, blocks, origin));
    return results;
  }

  public Value add(Op op, Value... operands) {
    return addAll(op, List.of(operands), List.of()).get(0);
  }

  /// Appends a copy of a node with other operands, under this emitter's origin. Nested blocks are
  /// copied under fresh values.
  public List<Value> clone(Node n, List<Value> operands) {
    return addAll(n.op(), operands, n.blocks().stream().map(new Cloner(this)::block).toList());
  }

  // Elementwise.

  public Value map(ScalarFn fn, Value... args) {
    List<DType> types = Arrays.stream(args).map(v -> v.type().dtype()).toList();
    return add(new MapOp.Map(ScalarCode.of(fn, types)), args);
  }

  public Value plus(Value a, Value b) {
    return map(Primitive.ADD, a, b);
  }

  public Value minus(Value a, Value b) {
    return map(Primitive.SUB, a, b);
  }

  public Value times(Value a, Value b) {
    return map(Primitive.MUL, a, b);
  }

  public Value over(Value a, Value b) {
    return map(Primitive.DIV, a, b);
  }

  public Value negate(Value a) {
    return map(Primitive.NEG, a);
  }

  public Value select(Value c, Value a, Value b) {
    return map(Primitive.SELECT, c, a, b);
  }

  public Value equal(Value a, Value b) {
    return map(Primitive.EQ, a, b);
  }

  public Value exp(Value a) {
    return map(Functions.EXP, a);
  }

  public Value cast(Value a, DType to) {
    return a.type().dtype() == to
        ? a
        : add(new MapOp.Map(ScalarCode.cast(a.type().dtype(), to)), a);
  }

  /// A tensor whose elements are all `v`.
  public Value fill(Type t, double v) {
    return add(new MoveOp.Fill(t, ScalarCode.bitsOf(t.dtype(), v)), new Value[0]);
  }

  public Value zeros(Type t) {
    return fill(t, 0);
  }

  public Value scalar(DType d, double v) {
    return fill(Type.of(d), v);
  }

  public Value literal(HostTensor t) {
    return add(new MoveOp.Literal(t), new Value[0]);
  }

  /// a * c for a constant c.
  public Value scale(Value a, double c) {
    return c == 1 ? a : times(a, fill(a.type(), c));
  }

  // Shapes.

  /// Broadcasts to `target`'s extents; operand axis i becomes target axis `axes[i]`.
  public Value broadcast(Value a, List<Extent> target, List<Integer> axes) {
    if (a.type().extents().equals(target)) {
      return a;
    }
    return add(new MoveOp.Broadcast(target, axes), a);
  }

  /// Broadcasts a value that lacks `axes` of the target.
  public Value broadcastOver(Value a, List<Extent> target, List<Integer> axes) {
    List<Integer> kept = new ArrayList<>();
    for (int i = 0; i < target.size(); i++) {
      if (!axes.contains(i)) {
        kept.add(i);
      }
    }
    return broadcast(a, target, kept);
  }

  public Value reshape(Value a, List<Extent> target) {
    return a.type().extents().equals(target) ? a : add(new MoveOp.Reshape(target), a);
  }

  public Value reshape(Value a, int... dims) {
    return reshape(a, Arrays.stream(dims).mapToObj(Extent::of).toList());
  }

  public Value transpose(Value a, Integer... perm) {
    List<Integer> p = List.of(perm);
    boolean same = true;
    for (int i = 0; i < p.size(); i++) {
      same &= p.get(i) == i;
    }
    return same ? a : add(new MoveOp.Transpose(p), a);
  }

  public Value sum(Value a, List<Integer> axes) {
    return axes.isEmpty() ? a : add(new ReduceOp.Reduce(ReduceOp.Kind.SUM, axes), a);
  }

  public Value max(Value a, List<Integer> axes) {
    return axes.isEmpty() ? a : add(new ReduceOp.Reduce(ReduceOp.Kind.MAX, axes), a);
  }

  /// Sums over every axis.
  public Value sumAll(Value a) {
    return sum(a, allAxes(a.type()));
  }

  public static List<Integer> allAxes(Type t) {
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < t.rank(); i++) {
      all.add(i);
    }
    return all;
  }
}
